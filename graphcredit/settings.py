"""All settings, read once from the environment (prefix GRAPHCREDIT_) or an .env file."""

from datetime import date
from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One place for every setting; a field's name in capitals after GRAPHCREDIT_ is its variable."""

    model_config = SettingsConfigDict(env_prefix="GRAPHCREDIT_", env_file=".env", extra="ignore", secrets_dir=None)

    store: str = Field("duckdb:///graphcredit.duckdb", description="duckdb:///PATH or neo4j://USER:PASSWORD@HOST:PORT")
    currency: str = Field("CNY", description="the book's currency; other amounts are converted with dated rates")
    policy: Path | None = Field(None, description="policy YAML; the shipped one when absent")
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
    streams: int = Field(64, ge=1, description="clients that may listen to alerts at once")


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process; `get_settings.cache_clear()` rereads them."""
    return Settings()  # type: ignore[call-arg]
