"""What a unit of new distress at each party can still cause at most, for all parties at once.

y = v + Lam^T y sums the weight lost along all walks from a party; capping losses at 1 only lowers them. Any y with
y >= v + Lam^T y is an upper bound, whatever rounding did on the way, so the solution is raised until that holds.
Where no such y exists (the party reaches a circle with spectral radius >= 1) the party is called unbounded.
"""

import warnings

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import MatrixRankWarning, spsolve

from graphcredit.contagion.inputs import Floats

SLACK = 1e-6  # how far the bound may lie above the solution, relative
ROUNDS = 1000
WORK = 2_000_000_000  # products at most for parties that take more rounds
SOLVED = 3000  # parties at most that elimination is tried for: its fill may reach the square
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
    first = lost_to @ positive
    term, total = first.copy(), first.copy()
    unbounded = np.zeros(len(v), dtype=bool)
    ceiling = 1e9 * float(positive.sum())
    for rounds in range(ROUNDS):
        term = lost_to @ term
        slack = _ratio(term, first)
        if slack <= allowed / 2:
            return total * ((1.0 + 1e-9) / (1.0 - slack)), unbounded
        total += term
        if rounds % 16 == 15 and float(total.max()) > ceiling:
            unbounded = reaching(lost_to, unbounded | (total > ceiling))
            first[unbounded] = term[unbounded] = total[unbounded] = 0.0
    settled = term <= allowed / 2 * first
    unbounded = reaching(lost_to, unbounded | ~settled)
    slack = _ratio(term[~unbounded], first[~unbounded])
    known = np.where(unbounded, 0.0, total * ((1.0 + 1e-9) / (1.0 - slack)))
    members = np.flatnonzero(unbounded)
    if not len(members):
        return known, unbounded
    block = sparse.csr_array(lost_to[members][:, members])
    outside = np.asarray(lost_to[members] @ (positive + known))  # what they cause by ties to those that are bounded
    if len(members) <= SOLVED:
        known[members], unbounded[members] = _solved(block, outside)
    else:
        known[members], unbounded[members] = _settled(block, outside, allowed)
    return known, unbounded


def _settled(block: sparse.csr_array, outside: Floats, allowed: float) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """d >= block d + outside by a longer series; who has none."""
    term, total = outside.copy(), outside.copy()
    for _ in range(WORK // max(block.nnz, 1)):
        term = block @ term
        slack = _ratio(term, outside)
        if slack <= allowed / 2:
            return total * ((1.0 + 1e-9) / (1.0 - slack)), np.zeros(len(total), dtype=bool)
        total += term
        if not np.isfinite(slack) or slack > 1e12:
            break
    beyond = reaching(block, term > allowed / 2 * outside)
    slack = _ratio(term[~beyond], outside[~beyond])
    return np.where(beyond, 0.0, total * ((1.0 + 1e-9) / (1.0 - slack))), beyond


def _solved(block: sparse.csr_array, outside: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The same by elimination. A circle of ties M is below 1 where some x > 0 has x > M x."""
    beyond = np.zeros(len(outside), dtype=bool)
    for inside in members_of_circles(block):
        beyond[inside] = _solve(sparse.csr_array(block[inside][:, inside]), np.ones(len(inside))) is None
    beyond = reaching(block, beyond)
    within = np.flatnonzero(~beyond)
    known = np.zeros(len(outside))
    if len(within):
        solved = _solve(sparse.csr_array(block[within][:, within]), outside[within])
        beyond[within] = solved is None
        known[within] = 0.0 if solved is None else solved
    return known, beyond


def members_of_circles(ties: sparse.csr_array) -> list[npt.NDArray[np.int64]]:
    """Members of each strongly connected circle of two and more."""
    count, label = csgraph.connected_components(ties, directed=True, connection="strong")
    size = np.bincount(label, minlength=count)
    kept = np.flatnonzero(size[label] > 1)
    kept = kept[np.argsort(label[kept], kind="stable")]
    return np.split(kept, np.cumsum(size[size > 1])[:-1]) if len(kept) else []


def _solve(ties: sparse.csr_array, c: Floats) -> Floats | None:
    """x > 0 with x >= ties x + c, within SLACK of the solution; None where there is none."""
    system = sparse.csc_array(sparse.eye_array(ties.shape[0]) - ties)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MatrixRankWarning)  # a circle at 1 exactly: told by what comes back
        x = np.atleast_1d(spsolve(system, c)) * (1.0 + SLACK / 2)
    good = np.isfinite(x).all() and (x > 0).all() and (x >= ties @ x + c).all()
    return np.asarray(x) if good else None


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
    for _ in range(1000):
        term = lost_to @ (term * free)
        total += term
        if float((term - 1e-7 * total).max(initial=0.0)) <= 0.0:
            break
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
