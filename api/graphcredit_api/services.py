"""What every route shares: settings, the store, the credit desk, sign-in throttling."""

import secrets
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from typing import Any
from weakref import WeakKeyDictionary

from anyio import CapacityLimiter
from fastapi import Request

from graphcredit.decisions import BookReport, HeadroomBook
from graphcredit.decisions.book_lines import KIND as BOOK_LINE
from graphcredit.decisions.proposal import Witness, Written, keep_together
from graphcredit.desk import Credit, CreditDesk, portfolio_summary
from graphcredit.settings import Settings
from graphcredit.store import CreditStore
from graphcredit_api.at_once import Together
from graphcredit_api.audit import Audited
from graphcredit_api.auth.roles import Principal
from graphcredit_api.auth.tokens import signing_key
from graphcredit_api.auth.users import LoginThrottle
from graphcredit_api.beside import Beside
from graphcredit_api.feed import AlertFeed
from graphcredit_api.jobs import Jobs
from graphcredit_api.metrics import STALE

DECIDING = 3
"""Decisions computed in threads at a time, where not all is in memory; more would only take turns at the interpreter."""


@dataclass
class Services:
    """One per process, kept in `app.state.services`."""

    settings: Settings
    store: CreditStore
    caches: str = "cold"  # cold, warming, warm or failed; see `warm`
    throttle: LoginThrottle = field(default_factory=LoginThrottle)
    principals: dict[str, tuple[Principal, float]] = field(
        default_factory=dict
    )  # last looked up, for when the store is away
    beside: Beside | None = None  # a second process that computes, where `server.serve` is asked for one
    deciding: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(DECIDING))

    @cached_property
    def keeping(self) -> Together[tuple[Written, Witness | None], bool]:
        """Keeps decisions of several requests together."""
        return Together(partial(keep_together, self.store))

    @cached_property
    def audited(self) -> Audited:
        """The audit trail of this application."""
        return Audited(self.store, on=self.settings.audit)

    @cached_property
    def desk(self) -> CreditDesk:
        """The credit desk over this store."""
        return CreditDesk(self.store, self.settings)

    @cached_property
    def credit(self) -> Credit:
        """Limits and decisions on that desk."""
        return Credit(self.desk)

    def portfolio(self, as_of: date | None = None) -> dict[str, Any]:
        """The portfolio's summary, once per day and version."""
        known = self.desk.known(as_of)
        found: dict[str, Any] = known.once("portfolio", lambda: portfolio_summary(self.desk, known.day))
        STALE.set(known.stale)
        return {**found, "stale": known.stale}

    def book_report(self, as_of: date | None = None) -> BookReport:
        """The book's risk, measured again where decisions lent or were settled since."""
        book, stamp = self.credit.book(as_of), self.store.stamp(BOOK_LINE)  # the stamp before what is read
        kept = self._reports.get(book)
        if kept is None or stamp is None or kept[0] != stamp:
            kept = self._reports[book] = (stamp, self.credit.book_report(as_of))
        return kept[1]

    @cached_property
    def _reports(self) -> "WeakKeyDictionary[HeadroomBook, tuple[int | None, BookReport]]":
        return WeakKeyDictionary()

    @cached_property
    def signing_key(self) -> str:
        """The key that signs tokens; a random one for this run where no sign-in is asked for."""
        if self.settings.auth == "local" and self.settings.secret_key is None and self.settings.secret_key_file is None:
            return secrets.token_urlsafe(32)
        return signing_key(self.settings)

    @cached_property
    def jobs(self) -> Jobs:
        """Long computations."""
        return Jobs(self.store, self.settings.jobs)

    @cached_property
    def feed(self) -> AlertFeed:
        """New alerts, for all who listen."""
        return AlertFeed(self.store, self.settings.streams)

    def close(self) -> None:
        """Finish what runs beside the requests."""
        self.caches = "closed"
        if self.beside is not None:
            self.beside.close()
        if "desk" in self.__dict__:
            self.desk.close()
        if "jobs" in self.__dict__:
            self.jobs.close()
        self.audited.close()


def services_of(request: Request) -> Services:
    """The services of the app that serves this request."""
    services: Services = request.app.state.services
    return services
