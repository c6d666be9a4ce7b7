"""Zoho CRM, REST API v8: a refresh token gives access tokens, records come in pages of 200 with page tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from graphcredit.exc import ConnectorAuthError, ConnectorError, MappingError
from graphcredit_ingest.connectors.base import Page
from graphcredit_ingest.connectors.http import Http, checked_url

PER_PAGE = 200
MOST_FIELDS = 50  # of one request
TOO_OLD = {"EXPIRED_VALUE", "INVALID_PAGE_TOKEN"}


@dataclass(frozen=True)
class ZohoAccess:
    """What identifies us; the accounts address is that of the data centre (.com, .eu, .in, .com.cn, ...)."""

    accounts_url: str
    client_id: str
    client_secret: str
    refresh_token: str


class Zoho:
    """Modules of a Zoho CRM (Accounts, Sales_Orders, Invoices, ...)."""

    name = "zoho"

    def __init__(self, access: ZohoAccess, http: Http) -> None:
        self.access, self.http = access, http
        self.accounts_url = checked_url(access.accounts_url, "Zoho's accounts address")
        self._token, self._domain = "", ""

    def close(self) -> None:
        """Give connections back."""
        self.http.close()

    def changed_at(self, row: Mapping[str, Any]) -> datetime | None:
        """Its `Modified_Time`."""
        text = row.get("Modified_Time")
        if not isinstance(text, str):
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment

    def page(self, module: str, fields: Sequence[str], since: datetime | None, cursor: str | None) -> Page:
        """One page, by id: what is created meanwhile comes last.

        Raises:
            MappingError: more fields than one request may name.
            ConnectorError: another answer than documented.
            ConnectorAuthError: the refresh token or the scope is refused.
        """
        asked = sorted({name.split(".")[0] for name in fields} | {"Modified_Time"} - {"id"})
        asked = [name for name in asked if name != "id"]
        if len(asked) > MOST_FIELDS:
            raise MappingError(
                f"{module}: the mapping reads {len(asked)} fields, Zoho gives {MOST_FIELDS} a request",
                remedy="leave some out",
            )
        params: dict[str, str | int] = {
            "fields": ",".join(asked), "per_page": PER_PAGE, "sort_by": "id", "sort_order": "asc",
        }  # fmt: skip
        if cursor:
            params["page_token"] = cursor
        headers = {"If-Modified-Since": since.replace(tzinfo=UTC).isoformat(timespec="seconds")} if since else {}
        status, body = self._get(f"/crm/v8/{module}", params, headers)
        if status in (204, 304):
            return Page([])
        if status != 200:
            if cursor and body.get("code") in TOO_OLD:
                return Page([], expired=True)
            said = f"{body.get('code', 'no code')}: {body.get('message', 'no message')}"
            raise ConnectorError(
                f"Zoho refuses {module} ({status}, {said})", remedy="check the module's API name and the token's scopes"
            )
        rows, info = body.get("data"), body.get("info")
        if not isinstance(rows, list) or not isinstance(info, dict):
            raise ConnectorError(f"Zoho's answer for {module} lacks data or info", remedy="run the pull again")
        following = info.get("next_page_token")
        if info.get("more_records") and not following:
            raise ConnectorError(
                f"Zoho says that {module} has more records and gives no page token", remedy="try again"
            )
        return Page(rows, following if info.get("more_records") else None)

    def _get(self, path: str, params: Mapping[str, Any], headers: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """Ask with a token; an expired one is renewed once."""
        for attempt in range(2):
            if not self._token or attempt:
                self._renew()
            sent = {"Authorization": f"Zoho-oauthtoken {self._token}", **headers}
            status, body = self.http.ask("GET", self._domain + path, params=params, headers=sent)
            if status != 401:
                return status, body
        raise ConnectorAuthError(
            f"Zoho refuses a fresh token ({body.get('code', 'no code')})",
            remedy="the refresh token needs the scope ZohoCRM.modules.READ",
        )

    def _renew(self) -> None:
        given = {
            "grant_type": "refresh_token", "client_id": self.access.client_id,
            "client_secret": self.access.client_secret, "refresh_token": self.access.refresh_token,
        }  # fmt: skip
        status, body = self.http.ask("POST", f"{self.accounts_url}/oauth/v2/token", data=given)
        token = body.get("access_token")
        if status != 200 or not isinstance(token, str):
            raise ConnectorAuthError(
                f"Zoho gives no access token ({body.get('error', status)})",
                remedy="check client id, client secret, refresh token and the data centre of the accounts address",
            )
        self._token = token
        self._domain = checked_url(str(body.get("api_domain", "")), "Zoho's API domain")
