"""The loss that each party's failure would cause, brought up to date after a change instead of computed anew."""

from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np

from graphcredit.contagion.exposure_system import prepare
from graphcredit.contagion.impact import Impacts, impact_of_each
from graphcredit.contagion.impact_update import impact_update
from graphcredit.exc import InputError
from graphcredit.network import Network


class LossesOfEach:
    """The last losses of all parties for each tolerance; safe for many threads.

    What a change cannot reach is taken over, its certified bound included: answers that came by different ways agree
    within their bounds, not to the last digit.
    """

    def __init__(self) -> None:
        self._last: dict[float, Impacts] = {}
        self._lock = Lock()
        self.renewed = 0  # parties that the last answer computed anew

    def of(
        self,
        network: Network,
        *,
        tol: float,
        parties: Sequence[int] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Impacts:
        """Losses over receivables and loans, of some parties or all.

        Args:
            network: with the attribute `equity_known`.
            tol: relative bound on each loss.
            progress: called with (parties done, parties); may raise to cancel.

        Raises:
            ValueRangeError: a tolerance out of range.
        """
        system = prepare(network, np.maximum(network.attributes["equity_known"], 1.0))
        if parties is not None:
            return impact_of_each(system, tol=tol, parties=parties, progress=progress)
        with self._lock:
            last = self._last.get(tol)
        found = None
        if last is not None:
            try:
                update = impact_update(last, system, tol=tol, progress=progress)
                found, self.renewed = update.impacts, len(update.renewed)
            except InputError:
                pass  # parties are gone: an earlier day is asked for
        if found is None:
            found = impact_of_each(system, tol=tol, progress=progress)
            self.renewed = system.n
        with self._lock:
            self._last = {tol: found}  # one tolerance at a time: a result holds its network
        return found
