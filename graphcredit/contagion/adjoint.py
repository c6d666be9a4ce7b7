"""What a unit of new distress at each party can still cause at most, for all parties at once.

y = v + Lam^T y sums the weight lost along all walks from a party; capping losses at 1 only lowers them. Any y with
y >= v + Lam^T y is an upper bound, whatever rounding did on the way, so the solution is raised until that holds.
Where no such y exists (the party reaches a circle with spectral radius >= 1) the party is called unbounded.
"""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import MatrixRankWarning, spilu, spsolve

from graphcredit.contagion.growth import growth
from graphcredit.contagion.inputs import Floats

SLACK = 1e-6  # how far the bound may lie above the solution, relative
ROUNDS, PATIENCE, LOOK = 1000, 100, 8  # of adding up walks: at most, still to come at most, between two looks
FLOOR_ROUNDS = 1000
WORK = 2_000_000_000  # products at most for parties that take more rounds
SOLVED = 3000  # parties at most that elimination is tried for: its fill may reach the square
DROPS, SHARP = (0.1, 0.01, 1e-3), 2_000_000
"""Shares that incomplete elimination leaves out, by turns; entries at most where it tries more than the first."""
REFINED = 60
FLOOR = 1e-9  # weight that parties without one are given, as a share of the smallest: keeps the bound strict


def floored(v: Floats) -> Floats:
    """Weights with something above zero where there was none."""
    least = float(v[v > 0].min(initial=1.0))
    return np.where(v > 0, v, FLOOR * least)


def downstream_bound(
    lost_to: sparse.csr_array, v: Floats, *, allowed: float = SLACK
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """d with d >= Lam^T (v + d), and who has none.

    Args:
        lost_to: Lam^T as CSR: row j lists who loses when j does.
        v: weights, (n,), not negative.
        allowed: how far above the solution d may lie, relative.

    Returns:
        d, (n,), 0 for the unbounded; unbounded, (n,).
    """
    positive = floored(v)
    known, unbounded = _series(lost_to, lost_to @ positive, allowed, ROUNDS, patience=PATIENCE)
    members = np.flatnonzero(unbounded)
    if not len(members):
        return known, unbounded
    block = sparse.csr_array(lost_to[members][:, members])
    outside = np.asarray(lost_to[members] @ (positive + known))  # what they cause by ties to those that are bounded
    beyond = reaching(block, _amplifying(block))
    within = np.flatnonzero(~beyond)
    if len(within):
        rest = sparse.csr_array(block[within][:, within])
        solved = _solve(rest, outside[within], allowed)
        if solved is None:
            rounds = WORK // max(rest.nnz, 1)
            known[members[within]], beyond[within] = _series(rest, outside[within], allowed, rounds)
        else:
            known[members[within]] = solved
    unbounded[members] = beyond
    return known, unbounded


def _series(
    ties: sparse.csr_array, first: Floats, allowed: float, rounds: int, *, patience: int | None = None
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """d >= ties d + first by adding up walks, and where they have not faded, (n,) each; d is 0 there.

    Args:
        rounds: at most.
        patience: give up where at the pace so far more rounds than this are to come; None = never.
    """
    term, total = first.copy(), first.copy()
    before = np.inf
    with np.errstate(over="ignore", invalid="ignore"):
        for done in range(1, rounds + 1):
            term = ties @ term
            if done % LOOK == 0 or done == rounds:
                slack = _ratio(term, first)
                if slack <= allowed / 2:
                    return total * ((1.0 + 1e-9) / (1.0 - slack)), np.zeros(len(first), dtype=bool)
                if done == rounds or not slack < 1e12:
                    break
                pace = np.log(before / slack) / LOOK
                if patience is not None and np.log(slack / (allowed / 2)) > pace * patience:
                    break
                before = slack
            total += term
        open_ = reaching(ties, ~(term <= allowed / 2 * first))
        slack = _ratio(term[~open_], first[~open_])
        return np.where(open_, 0.0, total * ((1.0 + 1e-9) / (1.0 - slack))), open_


def _amplifying(ties: sparse.csr_array) -> npt.NDArray[np.bool_]:
    """Parties on circles that are not certain to have a spectral radius below 1, (n,)."""
    found, circles, calm = growth(ties)
    marked = found > 0
    lit = np.add.reduceat(marked[circles.members], circles.starts) > 0 if len(calm) else calm
    for number in np.flatnonzero(~calm & ~lit).tolist():
        inside = circles.of(number)
        solved = _solve(sparse.csr_array(circles.ties[inside][:, inside]), np.ones(int(circles.sizes[number])), SLACK)
        lit[number] = solved is None
    marked[circles.members] = np.repeat(lit, circles.sizes)
    return marked


def _solve(ties: sparse.csr_array, c: Floats, allowed: float) -> Floats | None:
    """x > 0 with x >= ties x + c, within `allowed` of the solution; None where none is found. A circle of ties is below 1
    where there is one."""
    n = len(c)
    system = sparse.csc_array(sparse.eye_array(n) - ties)
    if n <= SOLVED:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MatrixRankWarning)  # a circle at 1 exactly: told by what comes back
            x = np.atleast_1d(spsolve(system, c)) * (1.0 + allowed / 2)
        if _above(x, ties, c):
            return np.asarray(x)
    for drop in DROPS if ties.nnz <= SHARP else DROPS[:1]:
        try:
            factors = spilu(system, drop_tol=drop, fill_factor=10, permc_spec="NATURAL", diag_pivot_thresh=0.0,
                            options={"SymmetricMode": True})  # fmt: skip
        except RuntimeError:  # a pivot of 0
            continue
        refined = _refined(factors, ties, c, allowed)
        if refined is not None and _above(refined, ties, c):
            return refined
    return None


def _refined(factors: Any, ties: sparse.csr_array, c: Floats, allowed: float) -> Floats | None:
    """A candidate for x = ties x + c by incomplete elimination, repeated on what it leaves; None where that fails.

    Pivots on the diagonal only add what is positive elsewhere, so small entries of x are as precise as large ones.
    """
    x, rest = np.zeros(len(c)), c
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(REFINED):
            x = x + factors.solve(rest)
            rest = c - (x - ties @ x)
            slack = _ratio(np.abs(rest), c)
            if slack <= allowed / 2:
                return np.asarray(x * (1.0 + allowed))
            if not slack < 1e12:
                break
    return None


def _above(x: Floats, ties: sparse.csr_array, c: Floats) -> bool:
    """Whether x > 0 and x >= ties x + c."""
    return bool(np.isfinite(x).all() and (x > 0).all() and (x >= ties @ x + c).all())


def downstream_floor(lost_to: sparse.csr_array, v: Floats, saturable: npt.NDArray[np.bool_]) -> Floats:
    """What a unit of new distress at each party still causes at least: walks that meet no party that could reach 1.

    Args:
        lost_to: Lam^T as CSR.
        v: weights, (n,).
        saturable: parties whose stress might be cut off at 1, (n,); losses reaching them are left out.
    """
    free = np.where(saturable, 0.0, 1.0)
    term = lost_to @ (v * free)
    total = term.copy()
    slow, ties = np.arange(len(v)), lost_to  # walks through parties whose own have faded are left out from then on
    for _ in range(FLOOR_ROUNDS // LOOK):
        for _ in range(LOOK):
            term = ties @ (term * free[slow])
            total[slow] += term
        stays = term > 1e-7 * total[slow]
        if not stays.any():
            break
        if 2 * int(stays.sum()) < len(slow):
            slow, term, ties = slow[stays], term[stays], sparse.csr_array(ties[stays][:, stays])
    return np.asarray(total * (1.0 - 1e-12))


def _ratio(term: Floats, first: Floats) -> float:
    """Largest term_j / first_j; a party that passes nothing on at first never does."""
    return float(np.divide(term, first, out=np.zeros_like(term), where=first > 0).max(initial=0.0))


def reaching(lost_to: sparse.csr_array, marked: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The marked, and all whose losses reach them."""
    while True:
        grown = marked | ((lost_to @ marked.astype(np.float64)) > 0)
        if np.array_equal(grown, marked):
            return np.asarray(marked)
        marked = grown
