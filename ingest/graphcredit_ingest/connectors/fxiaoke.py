"""纷享销客 FXiaoKe open platform: a permanent code gives corporate tokens, objects are queried 100 records at a time.

Pages go forward in time of change: the next one asks from the last moment seen, so that a record changed meanwhile comes
again instead of shifting others out of sight, as it would with offsets alone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from graphcredit.exc import ConnectorAuthError, ConnectorError
from graphcredit_ingest.connectors.base import Page
from graphcredit_ingest.connectors.http import TRIES, Http, checked_url

LIMIT = 100
TOKEN_GONE = 20016
BUSY = ("频率", "频繁", "frequency", "too many requests")
"""Words of the answer that asks for fewer requests; the code of it is not in the public text."""


@dataclass(frozen=True)
class FxiaokeAccess:
    """What identifies the application, and the user in whose name it reads."""

    url: str
    app_id: str
    app_secret: str
    permanent_code: str
    open_user_id: str


class Fxiaoke:
    """Objects of a FXiaoKe CRM (AccountObj, SalesOrderObj, PaymentObj, ...)."""

    name = "fxiaoke"

    def __init__(self, access: FxiaokeAccess, http: Http) -> None:
        self.access, self.http = access, http
        self.url = checked_url(access.url, "FXiaoKe's address")
        self._token, self._corp = "", ""

    def close(self) -> None:
        """Give connections back."""
        self.http.close()

    def changed_at(self, row: Mapping[str, Any]) -> datetime | None:
        """Its `last_modified_time`, milliseconds since 1970."""
        moment = _milliseconds(row)
        return None if moment is None else datetime.fromtimestamp(moment / 1000, UTC).replace(tzinfo=None)

    def page(self, module: str, fields: Sequence[str], since: datetime | None, cursor: str | None) -> Page:
        """One page by time of change. All fields come, whatever `fields` names.

        Raises:
            ConnectorError: another answer than documented.
            ConnectorAuthError: application, code or user is refused.
        """
        del fields  # of no use here
        start = int(since.replace(tzinfo=UTC).timestamp() * 1000) if since else 0
        at: dict[str, Any] = json.loads(cursor) if cursor else {"from": start, "skip": 0, "seen": []}
        wanted = {
            "dataObjectApiName": module,
            "find_explicit_total_num": False,
            "search_query_info": {
                "limit": LIMIT,
                "offset": at["skip"],
                "filters": [{"field_name": "last_modified_time", "field_values": [str(at["from"])], "operator": "GTE"}],
                "orders": [{"fieldName": "last_modified_time", "isAsc": True}],
            },
        }
        rows = self._query(module, wanted)
        moments = [_milliseconds(row) for row in rows]
        if None in moments or any("_id" not in row for row in rows):
            raise ConnectorError(
                f"FXiaoKe's {module} has records without _id or last_modified_time", remedy="try again"
            )
        seen = set(at["seen"])
        fresh = [row for row in rows if row["_id"] not in seen]
        if len(rows) < LIMIT:
            return Page(fresh)
        last = moments[-1]
        same = [row["_id"] for row, moment in zip(rows, moments, strict=True) if moment == last]
        if last == at["from"]:
            following = {"from": last, "skip": at["skip"] + LIMIT, "seen": sorted(seen | set(same))}
        else:
            following = {"from": last, "skip": 0, "seen": sorted(same)}
        return Page(fresh, json.dumps(following))

    def _query(self, module: str, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
        renewed = False
        for number in range(TRIES):
            if not self._token:
                self._renew()
            body = {
                "corpAccessToken": self._token, "corpId": self._corp,
                "currentOpenUserId": self.access.open_user_id, "data": wanted,
            }  # fmt: skip
            _, answer = self.http.ask("POST", f"{self.url}/cgi/crm/v2/data/query", json=body)
            code, said = answer.get("errorCode"), str(answer.get("errorMessage", ""))
            if code == 0:
                rows = (answer.get("data") or {}).get("dataList")
                if not isinstance(rows, list):
                    raise ConnectorError(f"FXiaoKe's answer for {module} lacks dataList", remedy="run the pull again")
                return rows
            if code == TOKEN_GONE:
                if renewed:
                    raise ConnectorAuthError("FXiaoKe refuses a fresh token", remedy="authorise the application anew")
                self._token, renewed = "", True
            elif any(word in said.lower() for word in BUSY):
                self.http.sleep(2.0**number)
            else:
                raise ConnectorError(
                    f"FXiaoKe refuses {module} ({code}: {said})",
                    remedy="check the object's API name and what the user may see",
                )
        raise ConnectorError("FXiaoKe asks for fewer requests", remedy="run the same pull later; it goes on")

    def _renew(self) -> None:
        given = {
            "appId": self.access.app_id, "appSecret": self.access.app_secret,
            "permanentCode": self.access.permanent_code,
        }  # fmt: skip
        _, body = self.http.ask("POST", f"{self.url}/cgi/corpAccessToken/get/V2", json=given)
        if body.get("errorCode") != 0 or not body.get("corpAccessToken"):
            raise ConnectorAuthError(
                f"FXiaoKe gives no token ({body.get('errorCode')}: {body.get('errorMessage', '')})",
                remedy="check application id, secret and permanent code",
            )
        self._token, self._corp = str(body["corpAccessToken"]), str(body.get("corpId", ""))


def _milliseconds(row: Mapping[str, Any]) -> int | None:
    try:
        return int(row["last_modified_time"])
    except (KeyError, TypeError, ValueError):
        return None
