"""A transaction tried again while the server is busy or away, each for its own time; nothing of a failed try stays."""

import random
import time
from collections.abc import Callable
from typing import Any

from neo4j import READ_ACCESS, WRITE_ACCESS, Driver, Transaction
from neo4j.exceptions import DriverError, Neo4jError, ServiceUnavailable, SessionExpired

AWAY = (ServiceUnavailable, SessionExpired)
FIRST, LONGEST = 0.1, 2.0  # seconds between two tries


class Attempts:
    """Runs transactions of one driver.

    Args:
        busy: seconds for which a transaction that others stood in the way of (a deadlock) is tried again.
        away: seconds for which it is tried again where no server answers.
    """

    def __init__(self, driver: Driver, *, busy: float, away: float) -> None:
        self.driver, self.busy, self.away = driver, busy, away

    def read(self, work: Callable[[Transaction], Any], *, fetch_size: int = 1000) -> Any:
        """What `work` returns, reading."""
        return self._run(work, READ_ACCESS, fetch_size)

    def write(self, work: Callable[[Transaction], Any]) -> Any:
        """What `work` returns, its writes committed.

        A commit whose answer is lost is not tried again: whether it took place is not known here.
        """
        return self._run(work, WRITE_ACCESS, 1000)

    def _run(self, work: Callable[[Transaction], Any], access: str, fetch_size: int) -> Any:
        began, pause = time.monotonic(), FIRST
        while True:
            try:
                opened = self.driver.session(default_access_mode=access, fetch_size=fetch_size)
                with opened as session, session.begin_transaction() as transaction:
                    found = work(transaction)
                    transaction.commit()
                return found
            except (DriverError, Neo4jError) as error:
                patience = self.away if isinstance(error, AWAY) else self.busy
                if not error.is_retryable() or time.monotonic() - began + pause > patience:
                    raise
            time.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, LONGEST)
