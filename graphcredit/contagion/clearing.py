"""Clearing payments: Eisenberg & Noe (2001, Management Science 47(2)), Rogers & Veraart (2013, Management Science 59(4)).

A party that can pays all it owes; one that cannot pays alpha of its cash and beta of what it receives, in proportion to
what it owes. The greatest clearing vector is reached from full payment down by fictitious default: a round finds who is short
although all others pay as in the round before, then solves for what the defaulted pay. So there are at most n rounds; the
solution is exact up to SOLVED defaulted parties, and an iteration from above beyond.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphcredit.contagion.attribution import explain_paths
from graphcredit.contagion.inputs import Floats, as_matrix, as_position, as_vector
from graphcredit.contagion.result import Diagnostics, Explanation, Settled
from graphcredit.exc import InputError
from graphcredit.network import Network

SOLVED = 1_500  # defaulted parties up to which a round is solved exactly
Seniority = Literal["pari_passu", "external_senior"]


@dataclass(frozen=True)
class Clearing(Settled):
    """Who pays what.

    Attributes:
        payments: what each party pays to the others, (n,), between 0 and what it owes them.
        equity: cash + received - all that is owed (external included), (n,); negative = not covered.
        defaulted: who cannot pay in full, (n,).
        round_of_default: in which round of fictitious default, 0 = never, (n,); 1 = short even if all others pay in full.
        diagnostics: how the computation ended; its fields are also attributes.
    """

    payments: Floats
    equity: Floats
    defaulted: npt.NDArray[np.bool_]
    round_of_default: npt.NDArray[np.int64]
    diagnostics: Diagnostics
    owed: Floats = field(default_factory=lambda: np.empty(0))
    network: Network | None = None
    parts: Callable[[], tuple[sparse.csr_array, Floats]] | None = field(default=None, repr=False)

    def explain(self, party: int | str, top: int = 10) -> Explanation:
        """The paths through which a party's shortfall came: from those who were short themselves, along what they owed."""
        position = as_position(party, len(self.payments), self.network)
        operator, base = self.parts() if self.parts else (sparse.csr_array((0, 0)), np.empty(0))
        return explain_paths(operator, base, self.owed - self.payments, position, top=top)


@dataclass(frozen=True)
class _Books:
    """Coefficients of one clearing problem."""

    incoming: sparse.csr_array  # [i, j] = share of j's payments that i receives
    owed: Floats
    cash: Floats
    outside: Floats
    share: Floats  # of what a party owes, the part owed inside
    alpha: float
    beta: float
    senior: bool

    def pay(self, who: npt.NDArray[Any], received: Floats) -> Floats:
        """What defaulted parties pay inside, given what all receive."""
        left = self.alpha * self.cash[who] + self.beta * received[who]
        paid = np.maximum(left - self.outside[who], 0.0) if self.senior else left * self.share[who]
        return np.asarray(np.minimum(paid, self.owed[who]))


def _books(
    owed_to: sparse.csr_array, owed: Floats, cash: Floats, outside: Floats, left: tuple[float, float], senior: bool
) -> _Books:
    relative = owed_to.copy()
    relative.data = relative.data / np.repeat(np.where(owed > 0, owed, 1.0), np.diff(relative.indptr))
    share = owed / np.where(owed + outside > 0, owed + outside, 1.0)
    return _Books(sparse.csr_array(relative.T.tocsr()), owed, cash, outside, share, *left, senior)


def _fictitious_default(books: _Books, tol: float, max_rounds: int) -> tuple[Floats, npt.NDArray[np.int64], int, bool]:
    """Payments, round of default, rounds, and whether the end was reached."""
    payments = books.owed.copy()
    since = np.zeros(len(payments), dtype=np.int64)
    due = books.owed + books.outside
    for rounds in range(1, max_rounds + 1):
        short = (books.cash + books.incoming @ payments < due * (1 - 1e-12)) & (since == 0)
        if not short.any():
            return payments, since, rounds - 1, True
        since[short] = rounds
        who = np.flatnonzero(since > 0)
        solved = _solve(books, payments, who) if len(who) <= SOLVED else None
        if solved is None:
            for _ in range(max_rounds):
                before = payments[who]
                payments[who] = np.minimum(books.pay(who, books.incoming @ payments), before)
                if float((before - payments[who]).max()) <= tol * float(due.max()):
                    break
        else:
            payments[who] = solved
    return payments, since, max_rounds, False


def _solve(books: _Books, payments: Floats, who: npt.NDArray[Any]) -> Floats | None:
    """What the parties in default pay, all others paying in full; None where the equations do not decide.

    With senior external debt x = max(0, c + K x); the active rows only grow after the first solution (policy iteration on a
    convex, monotone map), so the end is reached in finitely many steps.
    """
    others = payments.copy()
    others[who] = 0.0
    inside = books.incoming[who]
    c = books.alpha * books.cash[who] + books.beta * (inside @ others)
    k = books.beta * inside[:, who].toarray()
    if books.senior:
        c = c - books.outside[who]
    else:
        c, k = c * books.share[who], k * books.share[who][:, None]
    active = np.ones(len(who), dtype=bool)
    for _ in range(len(who) + 2):
        try:
            x = np.linalg.solve(np.eye(len(who)) - k * active[:, None], c * active)
        except np.linalg.LinAlgError:
            return None
        now = c + k @ x > 0
        if not books.senior or np.array_equal(now, active):
            break
        active = now
    bad = not np.isfinite(x).all() or (np.abs(np.maximum(c + k @ x, 0.0) - x) > 1e-10 * books.owed[who].max()).any()
    return None if bad else np.clip(x, 0.0, books.owed[who])


def clear_payments(
    liabilities: Any,
    cash: Any,
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
    external_liabilities: Any = None,
    seniority: Seniority | str = "pari_passu",
    tol: float = 1e-14,
    max_rounds: int = 100_000,
) -> Clearing:
    """The greatest clearing vector.

    Args:
        liabilities: liabilities[i, j] = what i owes j, (n, n), sparse, dense or a Network (transposed lending).
        cash: e, what each party has without the others' payments, (n,), not negative.
        alpha: share of its cash that a defaulting party can pay out, in [0, 1].
        beta: share of what it receives, in [0, 1].
        external_liabilities: owed outside the network, (n,).
        seniority: of the external debt: pari_passu, or external_senior (paid before the others).
        tol: stop when no payment changes by more, relative to the largest amount owed.
        max_rounds: cap; reaching it is said in the result.

    Raises:
        InputError: another seniority; ShapeError, ValueRangeError: malformed amounts or shares.
    """
    network = liabilities if isinstance(liabilities, Network) else None
    if network is not None:
        liabilities = network.layer("lending").transposed + network.layer("receivable").transposed
    owed_to = as_matrix(liabilities, "liabilities")
    n = owed_to.shape[0]
    e = as_vector(cash, n, "cash", low=0.0)
    outside = as_vector(
        0.0 if external_liabilities is None else external_liabilities, n, "external_liabilities", low=0.0
    )
    a, b = (
        float(as_vector(value, 1, name, low=0.0, high=1.0)[0]) for value, name in ((alpha, "alpha"), (beta, "beta"))
    )
    if seniority not in ("pari_passu", "external_senior", "senior"):
        raise InputError(f"unknown seniority {seniority!r}", remedy="use pari_passu or external_senior")
    senior = seniority != "pari_passu"
    owed = np.asarray(owed_to.sum(axis=1))
    books = _books(owed_to, owed, e, outside, (a, b), senior)
    payments, since, rounds, exact = _fictitious_default(books, tol, max_rounds)
    received = books.incoming @ payments
    defaulted = since > 0
    aim = np.where(defaulted, books.pay(np.arange(n), received), owed)
    residual = float(np.abs(aim - payments).max(initial=0.0)) / max(float((owed + outside).max(initial=0.0)), 1e-300)
    settled = residual <= max(tol, 1e-12) and exact
    share, incoming = books.share, books.incoming

    def parts() -> tuple[sparse.csr_array, Floats]:
        """Shortfall = base + M shortfall: what a defaulted party would have passed on of what it did not receive."""
        shortfall = owed - payments
        passed = np.where(defaulted, 1.0 if senior else share, 0.0)
        operator = incoming.copy()
        operator.data = operator.data * np.repeat(passed, np.diff(operator.indptr))
        through = operator @ shortfall
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(through > shortfall, shortfall / through, 1.0)
        operator.data = operator.data * np.repeat(factor, np.diff(operator.indptr))
        return operator, np.maximum(shortfall - operator @ shortfall, 0.0)

    warnings = () if settled else (f"not converged after {rounds} rounds: residual {residual:.3g}",)
    return Clearing(
        payments=payments,
        equity=e + received - owed - outside,
        defaulted=defaulted,
        round_of_default=since,
        diagnostics=Diagnostics(
            rounds, residual, settled, "max, relative", min(b, 1.0), spectral_is_bound=True, warnings=warnings
        ),
        owed=owed,
        network=network,
        parts=parts,
    )
