"""The rounds of a cascade over all layers; see cascade.py for the order of events.

Everything only grows from round to round (losses, defaults, calls), and what guarantors can pay only shrinks, so the rounds
end at the least fixed point above the shock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphcredit.contagion.financials import Financials
from graphcredit.contagion.inputs import Floats, as_vector
from graphcredit.contagion.kernels_esri import downstream, upstream
from graphcredit.contagion.supply_inputs import Economy, economy
from graphcredit.exc import InputError, ShapeError
from graphcredit.network import GUARANTEE, LENDING, OWNERSHIP, RECEIVABLE, TRADE, Network

SUPPLY = "supply"
CASCADE_LAYERS = (SUPPLY, RECEIVABLE, GUARANTEE, OWNERSHIP, LENDING)
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class RiskSystem:
    """A network and its books, prepared once for any number of shocks; read-only, shared by threads.

    Attributes:
        network, financials, layers: what was given.
        supply: the trade layer prepared for ESRI; None where that layer is off.
        receivable, lending, guarantee, ownership: CSR (n, n), empty where a layer is off; guaranteed_by: guarantee transposed.
        called_share: called_share[j] = what is called of each unit guaranteed for j when j fails, (n,), in [0, 1].
        loan: lending to each party, (n,).
        lgd, receivable_lgd: (n,).
    """

    network: Network
    financials: Financials
    layers: tuple[str, ...]
    supply: Economy | None
    receivable: sparse.csr_array
    lending: sparse.csr_array
    guarantee: sparse.csr_array
    guaranteed_by: sparse.csr_array
    ownership: sparse.csr_array
    called_share: Floats
    loan: Floats
    lgd: Floats
    receivable_lgd: Floats
    defaulters_stop: bool
    warnings: tuple[str, ...]

    @property
    def n(self) -> int:
        """Number of parties."""
        return self.network.n


@dataclass(frozen=True)
class Moment:
    """State after one round; arrays (n,). `severity` = loss of lenders per unit lent, `honoured` = share of calls paid."""

    rounds: int
    down: Floats
    up: Floats
    parts: dict[str, Floats]
    total: Floats
    severity: Floats
    honoured: Floats


@dataclass(frozen=True)
class Outcome:
    """Where a run ended: the last moment, defaults with their round (-1 = none) and, if kept, every moment."""

    last: Moment
    since: npt.NDArray[np.int32]
    illiquid: Flags
    rounds: int
    residual: float
    converged: bool
    moments: list[Moment] = field(default_factory=list)


def risk_system(
    network: Network,
    financials: Financials | None = None,
    *,
    layers: Sequence[str] = CASCADE_LAYERS,
    essentiality: Any = 1,
    market: Any = None,
    lgd: Any = 0.45,
    receivable_lgd: Any = 1.0,
    defaulters_stop: bool = True,
) -> RiskSystem:
    """Prepare a network for `cascade`, `portfolio_risk` and `failure_effects`.

    Args:
        network: all parties.
        financials: their books; default `Financials.from_network`.
        layers: those that take part, of supply (trade), receivable, guarantee, ownership, lending.
        essentiality, market: as in `esri`; sectors are the network's industries.
        lgd: loss given default of lending, one number or (n,) by borrower, in [0, 1].
        receivable_lgd: of trade credit, likewise.
        defaulters_stop: whether a party that defaults in the cascade also stops producing.

    Raises:
        InputError: an unknown layer, or sectors unknown to the essentiality; ShapeError, ValueRangeError: malformed inputs.
    """
    if unknown := [layer for layer in layers if layer not in (*CASCADE_LAYERS, TRADE)]:
        raise InputError(f"unknown layer {unknown[0]!r}", remedy=f"any of {', '.join(CASCADE_LAYERS)}")
    active = tuple(layer for layer in CASCADE_LAYERS if layer in layers or (layer == SUPPLY and TRADE in layers))
    n = network.n
    books = financials or Financials.from_network(network)
    if books.n != n:
        raise ShapeError(f"financials of {books.n} parties for a network of {n}", remedy="one number a party")
    severity = as_vector(lgd, n, "lgd", low=0.0, high=1.0)
    empty = sparse.csr_array((n, n), dtype=np.float64)
    matrix = {layer: network.matrix(layer) if layer in active else empty for layer in CASCADE_LAYERS[1:]}
    guaranteed = np.asarray(matrix[GUARANTEE].sum(axis=0)).ravel()
    loan = np.asarray(matrix[LENDING].sum(axis=0)).ravel()
    lost = np.where(loan > 0, loan * severity, guaranteed * severity)
    called = np.minimum(lost, guaranteed) / np.where(guaranteed > 0, guaranteed, 1.0)
    supply = None
    if SUPPLY in active:
        sector = network.attributes.get("industry", np.full(n, "", dtype=object))
        income = np.where(np.isfinite(books.revenue), books.revenue, 0.0) * books.years
        supply = economy(network.matrix(TRADE), sector, essentiality, market=market, revenue=income)
    notes = [*books.warnings, *(supply.warnings if supply else ())]
    if broke := int((books.equity <= 0).sum()):
        notes.append(f"{broke} parties have no equity: they are in default before the shock")
    return RiskSystem(
        network, books, active, supply, matrix[RECEIVABLE], matrix[LENDING], matrix[GUARANTEE],
        sparse.csr_array(matrix[GUARANTEE].T.tocsr()), matrix[OWNERSHIP], called, loan, severity,
        as_vector(receivable_lgd, n, "receivable_lgd", low=0.0, high=1.0), defaulters_stop, tuple(notes),
    )  # fmt: skip


class _Production:
    """The supply cascade, going on from where it stood as more firms stop."""

    def __init__(self, system: RiskSystem, lost: Floats, tol: float) -> None:
        self.eco, self.lost, self.tol = system.supply, lost, tol
        if self.eco is not None:
            self.down_work, self.up_work = self.eco.down_work(), self.eco.up_work()
            self.down_count = self.up_count = 0
            at = np.flatnonzero(lost > 0).astype(np.int32)
            self.stop(at, 1.0 - lost[at])

    def stop(self, at: npt.NDArray[np.int32], psi: Floats) -> None:
        """Cap the production of some firms and let that spread."""
        if self.eco is None or not len(at):
            return
        skip = self.tol * 0.1
        down = downstream(
            *self.eco.sellers, *self.eco.firms, at, psi, self.tol, skip, 10_000, self.down_count, self.down_work
        )
        up = upstream(*self.eco.buyers, at, psi, self.tol, skip, 10_000, self.up_count, self.up_work)
        self.down_count, self.up_count = int(down[0]), int(up[0])

    def losses(self) -> tuple[Floats, Floats]:
        """Downstream and upstream, (n,) each."""
        if self.eco is None:
            return self.lost, self.lost
        return self.down_work[0], self.up_work[0]


def run(system: RiskSystem, shock: Floats, *, tol: float = 1e-6, keep: bool = False, max_rounds: int = 1000) -> Outcome:
    """Let one shock run its course.

    Args:
        system: prepared.
        shock: share of production lost, (n,) in [0, 1]; 1 = the party fails.
        tol: in production shares, and relative to the largest loss.
        keep: keep the moments in which parties default, and the last, for events and paths.
        max_rounds: cap; reaching it is said in the outcome.
    """
    books, n = system.financials, system.n
    helpless = (shock >= 1.0) | (books.equity <= 0)
    since = np.where(helpless, 0, -1).astype(np.int32)
    illiquid = np.zeros(n, dtype=np.bool_)
    production = _Production(system, shock, tol)
    moment = Moment(0, shock, shock, {LENDING: np.zeros(n)}, np.zeros(n), np.zeros(n), np.ones(n))
    moments: list[Moment] = []
    for rounds in range(1, max_rounds + 1):
        before = moment
        moment = _moment(system, rounds, production.losses(), since >= 0, helpless, before)
        change = float(np.abs(moment.total - before.total).max(initial=0.0))
        residual = change / max(float(moment.total.max(initial=0.0)), 1e-300) if change else 0.0
        drain = moment.parts[SUPPLY] + moment.parts[RECEIVABLE] + moment.parts[GUARANTEE]
        poor = (drain > 0) & (drain >= books.liquid_assets)
        new = (since < 0) & (poor | ((moment.total > 0) & (moment.total >= books.equity)))
        over = not new.any() and residual <= tol
        if keep and (over or rounds == 1 or new.any() or rounds == max_rounds):
            moments.append(moment)
        if over:
            return Outcome(moment, since, illiquid, rounds, residual, True, moments)
        since[new] = rounds
        illiquid |= new & poor
        if system.defaulters_stop:
            at = np.flatnonzero(new).astype(np.int32)
            production.stop(at, np.zeros(len(at)))
    return Outcome(moment, since, illiquid, max_rounds, residual, False, moments)


def _moment(
    system: RiskSystem, rounds: int, lost: tuple[Floats, Floats], defaulted: Flags, helpless: Flags, before: Moment
) -> Moment:
    """Losses of all parties, given who has defaulted; `before` is the last round's."""
    books, failed = system.financials, defaulted.astype(np.float64)
    supply = np.maximum(*lost) * books.income
    receivable = system.receivable @ (failed * system.receivable_lgd)
    owned = system.ownership @ np.minimum(before.total, np.maximum(books.equity, 0.0))
    able = np.where(helpless, 0.0, np.maximum(books.equity - supply - receivable - owned - before.parts[LENDING], 0.0))
    severity, honoured, paid, spent = _call(system, failed, able)
    lent = system.lending @ severity
    parts = {SUPPLY: supply, RECEIVABLE: receivable, GUARANTEE: paid, OWNERSHIP: owned, LENDING: lent}
    total = supply + receivable + paid + owned + lent
    total = np.where(spent & ~helpless, np.maximum(total, books.equity), total)  # all it had, whatever rounding says
    return Moment(rounds, lost[0].copy(), lost[1].copy(), parts, total, severity, honoured)


def _call(system: RiskSystem, failed: Floats, able: Floats) -> tuple[Floats, Floats, Floats, Flags]:
    """Call the guarantors of failed parties: loss of lenders per unit lent, share of calls paid, amounts paid, and who is
    called for all that it can pay; (n,) each."""
    severity = failed * system.lgd
    if not system.guarantee.nnz:
        return severity, np.ones(system.n), np.zeros(system.n), np.zeros(system.n, dtype=np.bool_)
    calls = failed * system.called_share
    called = system.guarantee @ calls
    paid = np.minimum(called, able)
    honoured = np.where(called > 0, paid / np.where(called > 0, called, 1.0), 1.0)
    recovered = (system.guaranteed_by @ honoured) * calls
    severity = np.maximum(severity - recovered / np.where(system.loan > 0, system.loan, 1.0), 0.0)
    return severity, honoured, paid, (called > 0) & (called >= able)


def severity_without_contagion(system: RiskSystem, shock: Floats) -> Floats:
    """Loss of lenders per unit lent to each party if the parties of the shock fail and nothing spreads, (n,).

    Guarantors that have not failed pay up to their equity.
    """
    equity = system.financials.equity
    helpless = (shock >= 1.0) | (equity <= 0)
    return _call(system, helpless.astype(np.float64), np.where(helpless, 0.0, np.maximum(equity, 0.0)))[0]
