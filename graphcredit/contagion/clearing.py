"""Clearing payments: Eisenberg & Noe (2001, Management Science 47(2)), Rogers & Veraart (2013, Management Science 59(4)).

A party that can pays all it owes; one that cannot pays alpha of its cash and beta of what it receives, in proportion to
what it owes. The greatest clearing vector is reached by iterating from full payment down.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphcredit.contagion.attribution import explain_paths
from graphcredit.contagion.inputs import Floats, as_matrix, as_position, as_vector
from graphcredit.contagion.result import Diagnostics, Explanation
from graphcredit.exc import InputError
from graphcredit.network import Network

Seniority = Literal["pari_passu", "external_senior"]


@dataclass(frozen=True)
class Clearing:
    """Who pays what.

    Attributes:
        payments: what each party pays to the others, (n,), between 0 and what it owes them.
        equity: cash + received - all that is owed (external included), (n,); negative = not covered.
        defaulted: who cannot pay in full, (n,).
        round_of_default: in which round that showed, 0 = never, (n,).
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

    @property
    def rounds(self) -> int:
        """Rounds until the end."""
        return self.diagnostics.rounds

    @property
    def residual(self) -> float:
        """Largest change in the last round, relative to the largest amount owed."""
        return self.diagnostics.residual

    @property
    def converged(self) -> bool:
        """Whether the residual fell below the tolerance."""
        return self.diagnostics.converged

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know."""
        return self.diagnostics.warnings

    def explain(self, party: int | str, top: int = 10) -> Explanation:
        """The paths through which a party's shortfall came: from those who were short themselves, along what they owed."""
        position = as_position(party, len(self.payments), self.network)
        operator, base = self.parts() if self.parts else (sparse.csr_array((0, 0)), np.empty(0))
        return explain_paths(operator, base, self.owed - self.payments, position, top=top)


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
    share = owed / np.where(owed + outside > 0, owed + outside, 1.0)
    inverse = np.where(owed > 0, 1.0 / np.where(owed > 0, owed, 1.0), 0.0)
    relative = owed_to.copy()
    relative.data = relative.data * np.repeat(inverse, np.diff(relative.indptr))
    incoming = sparse.csr_array(relative.T.tocsr())
    scale = max(float((owed + outside).max(initial=0.0)), 1e-300)
    slack = 1e-13 * scale

    payments, since = owed.copy(), np.zeros(n, dtype=np.int64)
    residual, rounds = np.inf, 0
    while rounds < max_rounds and residual > tol:
        rounds += 1
        received = incoming @ payments
        short = e + received < owed + outside - slack
        since[short & (since == 0)] = rounds
        left = a * e + b * received
        paid = np.maximum(left - outside, 0.0) if senior else left * share
        updated = np.where(short, np.minimum(np.minimum(paid, owed), payments), payments)
        residual = float(np.abs(updated - payments).max(initial=0.0)) / scale
        payments = updated
    received = incoming @ payments
    defaulted = since > 0

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

    warnings = () if residual <= tol else (f"not converged after {rounds} rounds: residual {residual:.3g}",)
    return Clearing(
        payments=payments,
        equity=e + received - owed - outside,
        defaulted=defaulted,
        round_of_default=since,
        diagnostics=Diagnostics(rounds, residual, residual <= tol, "max, relative", warnings=warnings),
        owed=owed,
        network=network,
        parts=parts,
    )
