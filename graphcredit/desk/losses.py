"""The loss that each party's failure would cause, brought up to date after a change instead of computed anew."""

from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np

from graphcredit.contagion.exposure_system import ExposureSystem, prepare
from graphcredit.contagion.impact import Impacts, impact_of_each
from graphcredit.contagion.impact_update import impact_update
from graphcredit.exc import InputError
from graphcredit.network import Network


class LossesOfEach:
    """The last losses of all parties; safe for many threads.

    What a change cannot reach is taken over, its certified bound included: answers that came by different ways agree
    within their bounds, not to the last digit. `anew` does not depend on what was asked before.
    """

    def __init__(self) -> None:
        self._last: dict[float, Impacts] = {}
        self._lock = Lock()
        self.renewed = 0  # parties that the last answer computed anew

    def of(self, network: Network, *, tol: float) -> Impacts:
        """Losses of all parties over receivables and loans, from the last ones where there are any.

        Args:
            network: with the attribute `equity_known`.
            tol: relative bound on each loss.

        Raises:
            ValueRangeError: a tolerance out of range.
        """
        with self._lock:
            last = self._last.get(tol)
        if last is not None:
            try:
                update = impact_update(last, _system(network), tol=tol)
            except InputError:
                pass  # parties are gone: an earlier day is asked for
            else:
                return self._kept(update.impacts, tol, len(update.renewed))
        return self.anew(network, tol=tol)

    def anew(
        self,
        network: Network,
        *,
        tol: float,
        parties: Sequence[int] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Impacts:
        """The same of some parties or all, computed anew.

        Args:
            progress: called with (parties done, parties); may raise to cancel.

        Raises:
            ValueRangeError: a tolerance out of range.
        """
        found = impact_of_each(_system(network), tol=tol, parties=parties, progress=progress)
        return self._kept(found, tol, len(found.parties)) if parties is None else found

    def _kept(self, found: Impacts, tol: float, renewed: int) -> Impacts:
        with self._lock:
            self._last, self.renewed = {tol: found}, renewed  # one tolerance: a result holds its network
        return found


def _system(network: Network) -> ExposureSystem:
    return prepare(network, np.maximum(network.attributes["equity_known"], 1.0))
