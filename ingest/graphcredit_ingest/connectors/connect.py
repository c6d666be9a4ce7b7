"""A CRM's connector from the settings."""

import time
from collections.abc import Callable

from pydantic import SecretStr

from graphcredit.exc import InputError, SettingsError
from graphcredit.settings import Settings, with_crm_secrets
from graphcredit_ingest.connectors.base import Connector
from graphcredit_ingest.connectors.fxiaoke import Fxiaoke, FxiaokeAccess
from graphcredit_ingest.connectors.http import Http
from graphcredit_ingest.connectors.zoho import Zoho, ZohoAccess

CRMS = ("zoho", "fxiaoke")


def connect(crm: str, settings: Settings, *, sleep: Callable[[float], None] = time.sleep) -> Connector:
    """The connector of a CRM.

    Raises:
        InputError: no such CRM is known.
        SettingsError: something that identifies us to it is not set.
    """
    if crm not in CRMS:
        raise InputError(f"no CRM is called {crm!r}", remedy=f"one of {', '.join(CRMS)}")
    known = with_crm_secrets(settings)

    def setting(name: str) -> str:
        value = getattr(known, f"{crm}_{name}")
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not text:
            variable = f"GRAPHCREDIT_{crm}_{name}".upper()
            raise SettingsError(
                f"{variable} is not set", remedy="set it in the environment, in .env or in GRAPHCREDIT_CRM_SECRETS_FILE"
            )
        return str(text)

    if crm == "zoho":
        names = ("accounts_url", "client_id", "client_secret", "refresh_token")
        return Zoho(ZohoAccess(*map(setting, names)), Http("Zoho", sleep=sleep))
    names_fx = ("url", "app_id", "app_secret", "permanent_code", "open_user_id")
    return Fxiaoke(FxiaokeAccess(*map(setting, names_fx)), Http("FXiaoKe", sleep=sleep))
