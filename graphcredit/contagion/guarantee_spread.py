"""Default spread from obligors to their guarantors (Cheng et al., "VulnDS", IEEE TKDE 2023).

p(v) = 1 - (1 - ps(v)) prod over x guaranteed by v of (1 - p(v | x) p(x)), which holds exactly where the obligors of a
guarantor fail independently (trees). On cycles the possible worlds are the reference: each firm fails on its own with ps,
each tie passes a failure on with p(v | x), and a firm's PD is the share of worlds in which failure reaches it.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import sparse

from graphcredit.contagion.inputs import Floats, as_matrix, as_vector
from graphcredit.contagion.result import Diagnostics, Settled
from graphcredit.exc import InputError
from graphcredit.network import GUARANTEE

BLOCK, CELLS = 64, 2**24  # worlds drawn at once, and numbers drawn at once: bound memory, part of the seeded order


@dataclass(frozen=True)
class GuaranteeSpread(Settled):
    """PDs with the network.

    Attributes:
        pd: (n,); lower, upper: 95% interval (Wilson) of the Monte Carlo estimate, equal to pd for the fixed point.
        own_pd: without the network, (n,).
        diagnostics: how the computation ended; its fields are also attributes.
    """

    pd: Floats
    lower: Floats
    upper: Floats
    own_pd: Floats
    diagnostics: Diagnostics

    @property
    def uplift(self) -> Floats:
        """What the network adds to each PD, (n,)."""
        return np.asarray(self.pd - self.own_pd)

    @property
    def interval(self) -> tuple[Floats, Floats]:
        """Lower and upper ends."""
        return self.lower, self.upper


def guarantee_spread(
    guarantees: Any,
    own_pd: Any,
    *,
    method: Literal["fixed_point", "monte_carlo"] | str = "fixed_point",
    seed: int = 0,
    worlds: int = 10_000,
    transmission: Any = 1.0,
    tol: float = 1e-12,
    max_rounds: int = 10_000,
) -> GuaranteeSpread:
    """PDs of firms that guarantee for each other.

    Args:
        guarantees: guarantees[i, j] = amount i guarantees for j, (n, n), sparse, dense or a Network.
        own_pd: ps, (n,) in [0, 1].
        method: fixed_point (independence), or monte_carlo (possible worlds).
        seed: of the worlds; the same seed gives the same result.
        worlds: how many are drawn.
        transmission: p(v | x), one number, or a matrix like `guarantees`; 1 = a called guarantee brings the guarantor down.
        tol: of the fixed point.
        max_rounds: cap; reaching it is said in the result.

    Raises:
        InputError: another method, no worlds; ShapeError, ValueRangeError: malformed amounts or probabilities.
    """
    ties = as_matrix(guarantees, "guarantees", layers=(GUARANTEE,))
    n = ties.shape[0]
    own = as_vector(own_pd, n, "own_pd", low=0.0, high=1.0)
    passing = _passing(ties, transmission)
    if method == "fixed_point":
        return _fixed_point(passing, own, tol, max_rounds)
    if method == "monte_carlo" and worlds > 0:
        return _monte_carlo(passing, own, seed, worlds)
    raise InputError(
        f"method {method!r} with {worlds} worlds", remedy="use fixed_point, or monte_carlo with worlds > 0"
    )


def called_share(guarantees: Any, equity: Any) -> sparse.csr_array:
    """Transmission in the absence of a study: the share of a guarantor's equity that a call would take, at most 1.

    Args:
        guarantees: guarantees[i, j] = amount i guarantees for j, (n, n).
        equity: (n,); without any, every call is fatal.

    House choice: p(v | x) is what VulnDS learns from defaults; where none were seen, a call as large as the equity is fatal.
    """
    ties = as_matrix(guarantees, "guarantees", layers=(GUARANTEE,))
    own = as_vector(equity, ties.shape[0], "equity")
    share = ties.copy()
    of = np.repeat(own, np.diff(ties.indptr))
    share.data = np.minimum(np.divide(ties.data, of, out=np.ones(ties.nnz), where=of > 0), 1.0)
    return share


def _passing(ties: sparse.csr_array, transmission: Any) -> sparse.csr_array:
    """p(v | x) on each tie."""
    passing = ties.copy()
    if np.isscalar(transmission):
        passing.data = np.full(ties.nnz, float(as_vector(transmission, 1, "transmission", low=0.0, high=1.0)[0]))
        return passing
    given = as_matrix(transmission, "transmission")
    as_vector(given.data, given.nnz, "transmission", low=0.0, high=1.0)
    ones = ties.copy()
    ones.data = np.ones(ties.nnz)
    return sparse.csr_array(ones.multiply(given).tocsr())


def _fixed_point(passing: sparse.csr_array, own: Floats, tol: float, max_rounds: int) -> GuaranteeSpread:
    pd, residual, rounds = own.copy(), np.inf, 0
    rows = np.repeat(np.arange(len(own)), np.diff(passing.indptr))
    while rounds < max_rounds and residual > tol:
        rounds += 1
        spared = np.maximum(1.0 - passing.data * pd[passing.indices], 0.0)
        survives = 1.0 - own
        np.multiply.at(survives, rows, spared)
        updated = 1.0 - survives
        residual = float(np.abs(updated - pd).max(initial=0.0))
        pd = updated
    warnings = () if residual <= tol else (f"not converged after {rounds} rounds: residual {residual:.3g}",)
    pd = np.clip(pd, own, 1.0)
    return GuaranteeSpread(pd, pd, pd, own, Diagnostics(rounds, residual, residual <= tol, warnings=warnings))


def _monte_carlo(passing: sparse.csr_array, own: Floats, seed: int, worlds: int) -> GuaranteeSpread:
    """Counts over worlds; within a block all worlds spread together."""
    rng = np.random.default_rng(seed)
    n = len(own)
    hits = np.zeros(n)
    rows = np.repeat(np.arange(n), np.diff(passing.indptr))
    block = max(1, min(BLOCK, CELLS // max(n + passing.nnz, 1)))
    for start in range(0, worlds, block):
        count = min(block, worlds - start)
        failed = rng.random((n, block))[:, :count] < own[:, None]
        live = rng.random((passing.nnz, block))[:, :count] < passing.data[:, None]
        while True:
            reached = np.zeros((n, count), dtype=bool)
            np.logical_or.at(reached, rows, live & failed[passing.indices])
            grown = failed | reached
            if np.array_equal(grown, failed):
                break
            failed = grown
        hits += failed.sum(axis=1)
    share = hits / worlds
    z2 = 1.959963984540054**2
    centre = (share + z2 / (2 * worlds)) / (1 + z2 / worlds)
    half = np.sqrt(z2) / (1 + z2 / worlds) * np.sqrt(share * (1 - share) / worlds + z2 / (4 * worlds**2))
    diagnostics = Diagnostics(
        worlds, float(half.max(initial=0.0)), converged=True, norm="half width of the 95% interval"
    )
    return GuaranteeSpread(share, np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1), own, diagnostics)
