"""All settings, read once from the environment (prefix GRAPHCREDIT_) or an .env file."""

from datetime import date
from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from graphcredit.exc import SettingsError


class Settings(BaseSettings):
    """One place for every setting; a field's name in capitals after GRAPHCREDIT_ is its variable."""

    model_config = SettingsConfigDict(env_prefix="GRAPHCREDIT_", env_file=".env", extra="ignore", secrets_dir=None)

    store: str = Field("duckdb:///graphcredit.duckdb", description="duckdb:///PATH or neo4j://USER:PASSWORD@HOST:PORT")
    currency: str = Field("CNY", description="the book's currency; other amounts are converted with dated rates")
    policy: Path | None = Field(None, description="policy YAML; the shipped one when absent")
    holidays: str | None = Field(None, description="days off for repayment plans: cn, a file of days, or cn,FILE")
    models_dir: Path | None = Field(None, description="where trained models are kept; beside a DuckDB file when absent")
    trade_window_months: int = Field(24, ge=1, description="months of trade that make the trade layer")
    threads: int = Field(0, ge=0, description="threads for kernels; 0 = all cores")
    language: str = Field("en", description="en or zh")
    log_level: str = "WARNING"
    log_format: str = Field("console", description="console or json")
    today: date | None = Field(None, description="pretend this is today (tests, replays)")

    host: str = "127.0.0.1"
    port: int = 8000
    auth: str = Field("local", description="local: no login, loopback only; required: users, roles and keys")
    secret_key: SecretStr | None = Field(None, description="signs tokens; at least 32 characters when auth is required")
    secret_key_file: Path | None = None
    max_body_bytes: int = 20_000_000
    rate_limit_per_minute: int = 6000
    audit: bool = Field(True, description="keep the audit log of requests in the store")
    jobs: int = Field(1, ge=1, le=16, description="long computations that run side by side; 8 times as many may wait")
    twin: bool = Field(
        True, description="a second process computes scores and decisions (Linux, DuckDB, two processors)"
    )
    streams: int = Field(64, ge=1, description="clients that may listen to alerts at once")

    crm_own_party: str | None = Field(None, description="the party whose CRM is pulled: seller of its orders")
    crm_secrets_file: Path | None = Field(None, description="lines of GRAPHCREDIT_ZOHO_... and GRAPHCREDIT_FXIAOKE_...")
    pull_dir: Path = Field(Path("graphcredit-pull"), description="where pages of a CRM wait until all are there")
    zoho_accounts_url: str = Field("https://accounts.zoho.com", description="of your data centre: .com .eu .in .com.cn")
    zoho_client_id: str | None = None
    zoho_client_secret: SecretStr | None = None
    zoho_refresh_token: SecretStr | None = Field(None, description="with the scope ZohoCRM.modules.READ")
    fxiaoke_url: str = Field("https://open.fxiaoke.com", description="of your FXiaoKe cloud")
    fxiaoke_app_id: str | None = None
    fxiaoke_app_secret: SecretStr | None = None
    fxiaoke_permanent_code: SecretStr | None = None
    fxiaoke_open_user_id: str | None = Field(None, description="the user in whose name a FXiaoKe CRM is read")


def with_crm_secrets(settings: Settings) -> Settings:
    """The settings with what the secrets file says of CRM systems; what the environment sets wins.

    Raises:
        SettingsError: the file does not exist.
    """
    path = settings.crm_secrets_file
    if path is None:
        return settings
    if not path.is_file():
        raise SettingsError(f"GRAPHCREDIT_CRM_SECRETS_FILE: {path} does not exist", remedy="check its path")
    found = Settings(_env_file=path)  # type: ignore[call-arg]
    names = [name for name in Settings.model_fields if name.startswith(("zoho_", "fxiaoke_"))]
    given = {name: getattr(found, name) for name in names if name in found.model_fields_set}
    return settings.model_copy(update={name: v for name, v in given.items() if name not in settings.model_fields_set})


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process; `get_settings.cache_clear()` rereads them."""
    return Settings()  # type: ignore[call-arg]
