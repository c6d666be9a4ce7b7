"""DebtRank of Battiston, Puliga, Kaushik, Tasca, Caldarelli (2012, Scientific Reports 2: 541).

impact[i, j] = impact of i on j = min(1, A[j, i] / E_j). A party passes distress on once, in the round after it became
distressed, and is inactive from then on; so on cycles the result is smaller than linear DebtRank's.
"""

from typing import Any

import numpy as np
from scipy import sparse

from graphcredit.contagion.attribution import saturated
from graphcredit.contagion.cascade_result import Cascade
from graphcredit.contagion.inputs import as_matrix, as_shock, as_vector
from graphcredit.contagion.result import Diagnostics


def debtrank(impact: Any, shock: Any, *, weights: Any = None) -> Cascade:
    """Spread a shock, each party passing it on once.

    Args:
        impact: impact[i, j] = share of j's equity lost when i fails, (n, n) in [0, 1]; larger entries count as 1.
        shock: (n,) in [0, 1], or {party: share}.
        weights: economic weight v, (n,); default equal.

    Raises:
        ShapeError, ValueRangeError: as in `linear_debtrank`.
    """
    matrix = as_matrix(impact, "impact")
    matrix.data = np.minimum(matrix.data, 1.0)
    n = matrix.shape[0]
    received_from = sparse.csr_array(matrix.T.tocsr())
    first = as_shock(shock, n)
    stress = first.copy()
    passed = np.zeros(n)  # the stress that each party passed on, when it did
    active, done = stress > 0, np.zeros(n, dtype=bool)
    rounds, step = 0, 0.0
    while active.any():
        rounds += 1
        passed[active] = stress[active]
        arrived = received_from @ np.where(active, stress, 0.0)
        updated = np.minimum(1.0, stress + arrived)
        step = float((updated - stress).max(initial=0.0))
        done |= active
        active = (updated > 0) & ~done
        stress = updated
    v = np.full(n, 1.0 / max(n, 1)) if weights is None else as_vector(weights, n, "weights", low=0.0)

    def operator() -> sparse.csr_array:
        once = received_from.copy()
        ratio = np.divide(passed, stress, out=np.zeros(n), where=stress > 0)
        once.data = once.data * ratio[once.indices]
        return saturated(once, first, stress)

    return Cascade(
        stress=stress,
        equity=1.0 - stress,
        debtrank=float(v @ (stress - first)),
        shock=first,
        diagnostics=Diagnostics(rounds, step if rounds == 0 else 0.0, converged=True),
        operator=operator,
    )
