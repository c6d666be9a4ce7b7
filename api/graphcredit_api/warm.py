"""Before the first question: what every answer about the last day needs is computed beside the requests.

Whoever asks meanwhile waits for the same computation, never for a second one. The interpreter's collector is kept from going
through what stays for as long as the server runs: it would hold up every request for as long as that takes.
"""

import gc
import sys
import threading
from collections.abc import Callable

from graphcredit import logs
from graphcredit.decisions.headroom import HeadroomBook
from graphcredit.exc import GraphCreditError, NoModelError
from graphcredit_api.console.decision_rows import decision_rows
from graphcredit_api.services import Services

log = logs.get_logger("warm")
SWITCH = 0.001  # seconds after which a thread that computes lets others go on
YOUNG, MIDDLE, NEVER = 2_000, 4, 1_000_000_000
"""Objects and rounds between two collections; the oldest generation is collected by `Housekeeping` alone."""
EVERY, AT_LEAST = 30.0, 20
"""Seconds between two looks whether the server is idle, and looks after which it is collected all the same."""


class Warm:
    """Computes in a thread of its own; `state` says how far it is: cold, warming, warm, or failed."""

    def __init__(self, services: Services) -> None:
        self.services, self.state = services, "cold"
        self._thread = threading.Thread(target=self._run, name="warm", daemon=True)

    def start(self) -> "Warm":
        """Begin."""
        self.state = self.services.caches = "warming"
        self._thread.start()
        return self

    def join(self, timeout: float | None = None) -> None:
        """Wait until it is done."""
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            prepare(self.services)
            settle()
            self.state = "warm"
        except Exception as error:  # noqa: BLE001  (whatever it is, the requests that meet it say so themselves)
            self.state = "failed"
            if self.services.caches != "closed":  # else the server stops, and took the store from under it
                code = error.code if isinstance(error, GraphCreditError) else type(error).__name__
                log.warning("not_warmed", code=code)
        if self.services.caches != "closed":
            self.services.caches = self.state


def prepare(services: Services) -> None:
    """Network, parties, features, grades, limits and what the first pages show, as of the last day."""
    desk, credit = services.desk, services.credit
    known = desk.known()
    firms = known.network.ids[known.network.attributes["kind"] == "company"]
    known.parties(services.store)
    desk.grades()
    book: HeadroomBook = credit.book()
    if not len(firms):
        return
    first = str(firms[0])
    try:
        desk.score(first, record=False)
    except NoModelError:
        log.info("no_model_yet")
    credit.exposure(first)
    credit.headroom(first)
    book.book.index  # noqa: B018  (made when first looked at)
    if book.groups.names:
        book.drift(0)
    services.portfolio()
    services.book_report()
    credit.overdue(top=1)
    decision_rows(services.store)


def settle() -> None:
    """Let the collector forget all that is here now: it stays."""
    gc.collect()
    gc.freeze()


class Housekeeping:
    """Collects the oldest garbage when nobody waits: while no request came since the last look, or after ten minutes.

    Args:
        served: number of requests so far.
        every: seconds between two looks.
    """

    def __init__(self, served: Callable[[], int], *, every: float = EVERY) -> None:
        self.served, self.every, self.collected = served, every, 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)
        self._before = gc.get_threshold(), sys.getswitchinterval()

    def __enter__(self) -> "Housekeeping":
        gc.set_threshold(YOUNG, MIDDLE, NEVER)
        sys.setswitchinterval(SWITCH)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(5)
        gc.set_threshold(*self._before[0])
        sys.setswitchinterval(self._before[1])

    def _run(self) -> None:
        seen, looks = self.served(), 0
        while not self._stop.wait(self.every):
            now, looks = self.served(), looks + 1
            if now == seen or looks >= AT_LEAST:
                gc.collect()
                self.collected, looks = self.collected + 1, 0
            seen = now
