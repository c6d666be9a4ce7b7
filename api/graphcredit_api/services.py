"""What every route shares: settings, the store, the credit desk, sign-in throttling."""

import secrets
from dataclasses import dataclass, field
from functools import cached_property

from fastapi import Request
from graphcredit.desk import CreditDesk

from graphcredit.settings import Settings
from graphcredit.store import CreditStore
from graphcredit_api.auth.tokens import signing_key
from graphcredit_api.auth.users import LoginThrottle


@dataclass
class Services:
    """One per process, kept in `app.state.services`."""

    settings: Settings
    store: CreditStore
    throttle: LoginThrottle = field(default_factory=LoginThrottle)

    @cached_property
    def desk(self) -> CreditDesk:
        """The credit desk over this store."""
        return CreditDesk(self.store, self.settings)

    @cached_property
    def signing_key(self) -> str:
        """The key that signs tokens; a random one for this run where no sign-in is asked for."""
        if self.settings.auth == "local" and self.settings.secret_key is None and self.settings.secret_key_file is None:
            return secrets.token_urlsafe(32)
        return signing_key(self.settings)


def services_of(request: Request) -> Services:
    """The services of the app that serves this request."""
    services: Services = request.app.state.services
    return services
