"""Linear DebtRank (Bardoscia, Battiston, Caccioli, Caldarelli 2015, PLoS ONE 10(6): e0130406).

h(t+1) = min(1, h(t) + Lam (h(t) - h(t-1))), h(0) = 0, h(1) = shock, Lam[i, j] = exposures[i, j] / equity_i.
A party whose equity is zero or negative has defaulted before the shock: h = 1 from the start, and it passes that on.
"""

from typing import Any

import numpy as np
from scipy import sparse

from graphcredit.contagion.attribution import saturated
from graphcredit.contagion.cascade_result import Cascade
from graphcredit.contagion.inputs import Floats, as_matrix, as_shock, as_vector
from graphcredit.contagion.kernels_linear import settle, unsigned
from graphcredit.contagion.result import Diagnostics
from graphcredit.contagion.spectral import spectral_radius
from graphcredit.exc import ValueRangeError
from graphcredit.network import LENDING, RECEIVABLE, Network

DISTRESS_LAYERS = (LENDING, RECEIVABLE)
COMPILED_FROM = 50_000  # claims; below, a few sparse products take no time


def leverage(exposures: sparse.csr_array, equity: Floats) -> sparse.csr_array:
    """Lam[i, j] = exposures[i, j] / equity_i; rows of parties without equity are empty, since they are at 1 already.

    An entry is at most 1e100: with less equity than that any loss is total, and no product overflows.
    """
    owner = np.repeat(equity, np.diff(exposures.indptr))
    lam = exposures.copy()
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        lam.data = np.where(owner > 0, np.minimum(lam.data / owner, 1e100), 0.0)
    lam.eliminate_zeros()
    return lam


def economic_weights(weights: Any, equity: Floats) -> Floats:
    """`weights` as given, else each party's share of the positive equity."""
    if weights is not None:
        return as_vector(weights, len(equity), "weights", low=0.0)
    positive = np.maximum(equity, 0.0)
    total = positive.sum()
    return positive / total if total > 0 else np.full(len(equity), 1.0 / max(len(equity), 1))


def linear_debtrank(
    exposures: Any, equity: Any, shock: Any, *, weights: Any = None, tol: float = 1e-10, max_rounds: int = 10_000
) -> Cascade:
    """Spread a shock through claims.

    Args:
        exposures: exposures[i, j] = claim of i on j, (n, n), sparse, dense or a Network (lending + receivable).
        equity: (n,), in the unit of the exposures.
        shock: share of equity lost at first, (n,) in [0, 1], or {party: share}.
        weights: economic weight v, (n,); default share of equity.
        tol: stop when no stress changes by more.
        max_rounds: cap; reaching it is said in the result.

    Raises:
        ShapeError: shapes that differ.
        ValueRangeError: negative or NaN exposures, claims on oneself, a shock outside [0, 1].
    """
    network = exposures if isinstance(exposures, Network) else None
    claims = as_matrix(exposures, "exposures", layers=DISTRESS_LAYERS)
    n = claims.shape[0]
    own = as_vector(equity, n, "equity")
    if max_rounds < 1 or tol < 0:
        raise ValueRangeError("tol and max_rounds must be positive", remedy="use the defaults")
    lam, broke = leverage(claims, own), own <= 0
    first = np.where(broke, 1.0, as_shock(shock, n, network))
    stress, residual, rounds = spread(lam, first, tol, max_rounds)
    radius = spectral_radius(lam)
    warnings = []
    if broke.any():
        warnings.append(f"{int(broke.sum())} parties have no equity: they count as defaulted before the shock")
    if radius.value >= 1:
        warnings.append(
            f"spectral radius {'up to ' if radius.is_bound else ''}{radius.value:.4f} >= 1: shocks can amplify"
        )
    if residual > tol:
        warnings.append(f"not converged after {rounds} rounds: residual {residual:.3g}")
    v = economic_weights(weights, own)
    return Cascade(
        stress=stress,
        equity=np.where(broke, own, own * (1 - stress)),
        debtrank=float(v @ (stress - first)),
        shock=first,
        diagnostics=Diagnostics(
            rounds,
            residual,
            residual <= tol,
            spectral_radius=radius.value,
            spectral_is_bound=radius.is_bound,
            warnings=tuple(warnings),
        ),
        network=network,
        operator=lambda: saturated(lam, first, stress),
    )


def spread(lam: sparse.csr_array, first: Floats, tol: float, max_rounds: int) -> tuple[Floats, float, int]:
    """Rounds over the increments only; a party at 1 takes no more. Large systems go through the compiled sweeps."""
    if lam.nnz > COMPILED_FROM:
        found: tuple[Floats, float, int] = settle(
            unsigned(lam.indptr), unsigned(lam.indices), lam.data, first, tol, max_rounds
        )
        return found
    stress, step = first.copy(), first.copy()
    residual = float(step.max(initial=0.0))
    for rounds in range(1, max_rounds + 1):
        step = np.minimum(lam @ step, 1.0 - stress)
        stress = stress + step
        residual = float(step.max(initial=0.0))
        if residual <= tol:
            return np.minimum(stress, 1.0), residual, rounds
    return np.minimum(stress, 1.0), residual, max_rounds
