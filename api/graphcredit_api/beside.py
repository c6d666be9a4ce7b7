"""Scores and decisions computed in a twin of the server's process, where there is one; see `graphcredit.twin`.

The server keeps what is decided: claims are checked when it does, so a twin that knows a little less can only be told to look
again. A twin of another day, policy or model than the server's says that it cannot answer, and a new one is made.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import date
from typing import Any

from anyio import to_thread

from graphcredit import logs
from graphcredit.decisions.proposal import Written
from graphcredit.desk import Credit
from graphcredit.desk.twin import ToDecide, Told, ToScore, in_twin, keep, warm
from graphcredit.store.changes import Changes
from graphcredit.twin import Twin, fork, possible
from graphcredit_api.metrics import TWIN

LOOK, AGAIN = 0.5, 10.0
"""Seconds between two looks whether a twin is wanted, and between the making of two."""
log = logs.get_logger("twin")


class Beside:
    """The twin of one server, asked on the server's event loop."""

    def __init__(self, credit: Credit) -> None:
        self.credit = credit
        self._twin: Twin | None = None
        self._changes = Changes()
        self._outdated = False
        self._made = -AGAIN

    async def score(self, party_id: str, as_of: date | None, top: int) -> bytes | None:
        """A score as it is answered; None: compute it here."""
        found = await self._ask(ToScore(party_id, as_of, top))
        return found if isinstance(found, bytes) else None

    async def decide(self, fields: Mapping[str, Any], as_of: date | None, by: str) -> Written | None:
        """What would be decided now; None: compute it here."""
        found = await self._ask(ToDecide(fields, as_of, by))
        return found if isinstance(found, Written) else None

    async def _ask(self, question: ToScore | ToDecide) -> bytes | Written | None:
        twin = self._twin
        if twin is None or not twin.here or self._changes.lost:
            return None
        if twin.busy:  # before the changes are taken: they are told once
            TWIN.labels("left").inc()
            return None
        told: Told | None = await twin.ask((self._changes.take(), question))
        found = told.answer if told is not None else None
        TWIN.labels("answered" if found is not None else "left").inc()
        if told is not None:
            self._outdated |= found is None
            keep(self.credit, told, question.as_of)
        return found

    # -- its life

    async def keep_one(self) -> None:
        """Make a twin once all that it needs is in memory, and another one when it is out of date or gone."""
        while possible() and self.credit.store.copies:
            await asyncio.sleep(LOOK)
            if not self._wanted():
                continue
            self._made = time.monotonic()
            try:
                await self._make(await to_thread.run_sync(warm, self.credit))
            except Exception as error:
                log.warning("no_twin", kind=type(error).__name__, exc_info=error)

    def _wanted(self) -> bool:
        """Whether there is none of use, and the server itself need not wait for anything to be computed."""
        if self._twin is not None and self._twin.alive and not self._outdated and not self._changes.lost:
            return False
        ready = self.credit.prepared() and self.credit.desk.scores_prepared()
        return ready and time.monotonic() - self._made >= AGAIN

    async def _make(self, first: ToScore) -> None:
        """Make a twin; it is of use once it has answered a question that nobody waits for."""
        self.close()
        begin = time.perf_counter()
        with self.credit.store.copying() as changes:
            twin = fork(lambda: in_twin(self.credit))
        took = time.perf_counter() - begin
        try:
            told: Told | None = await twin.ask((changes.take(), first))
        except BaseException:
            twin.end()
            raise
        if told is None or told.answer is None:
            twin.end("does not begin")
            return
        self._twin, self._changes, self._outdated = twin, changes, False
        log.info("twin_made", pid=twin.pid, ms=round(took * 1e3))

    def close(self) -> None:
        """Let it go."""
        self._changes.lose()
        if self._twin is not None:
            self._twin.end()
            self._twin = None
