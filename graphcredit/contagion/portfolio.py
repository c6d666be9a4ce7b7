"""Expected loss, value at risk and expected shortfall of a loan book before and after contagion, and what one failure changes.

A scenario draws which parties fail in a year: from their PDs, independently, or through one common factor (Gaussian copula,
Vasicek 2002). *Before* is the loss from those failures alone, guarantors paying what their equity allows; *after* is the loss
once the same failures ran through all layers (cascade.py). Both use the same draws, so the difference is contagion alone and
never negative. A scenario's draws depend on the seed and its number only: any number of threads gives the same answer.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.stats import binom, norm

from graphcredit.contagion.cascade_system import (
    CASCADE_LAYERS,
    RiskSystem,
    risk_system,
    run,
    severity_without_contagion,
)
from graphcredit.contagion.financials import Financials
from graphcredit.contagion.inputs import Floats, as_position, as_shock
from graphcredit.exc import ValueRangeError
from graphcredit.network import Network
from graphcredit.settings import get_settings

CHUNK = 32
NINETY_FIVE = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Measure:
    """A number with its 95% interval from the scenarios."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LossMeasures:
    """Expected loss, value at risk and expected shortfall at a level, in money."""

    expected_loss: Measure
    value_at_risk: Measure
    expected_shortfall: Measure


@dataclass(frozen=True)
class PortfolioRisk:
    """A book's losses over scenarios.

    Attributes:
        before, after: without and with contagion; multiplier: after / before of EL, VaR, ES (nan where before is 0).
        losses_before, losses_after: per scenario, (scenarios,), money; exposure: the book's lending.
        default_rate: share of scenarios in which a party ends in default, (n,); failure_rate: in which it failed first, (n,).
        mean_loss: mean loss of each party, all layers, (n,).
        level, scenarios, seed: as asked.
        warnings: of the books, and scenarios that reached the cap on rounds.
    """

    before: LossMeasures
    after: LossMeasures
    losses_before: Floats
    losses_after: Floats
    exposure: float
    default_rate: Floats
    failure_rate: Floats
    mean_loss: Floats
    level: float
    scenarios: int
    seed: int
    warnings: tuple[str, ...]

    @property
    def multiplier(self) -> dict[str, float]:
        """How many times contagion raises each measure."""
        names = ("expected_loss", "value_at_risk", "expected_shortfall")
        pairs = {name: (getattr(self.before, name).value, getattr(self.after, name).value) for name in names}
        return {name: after / before if before > 0 else float("nan") for name, (before, after) in pairs.items()}


def portfolio_risk(
    network: Network | RiskSystem,
    financials: Financials | None = None,
    *,
    book: Sequence[str | int] | None = None,
    scenarios: int = 1000,
    seed: int = 0,
    correlation: float = 0.0,
    level: float = 0.99,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> PortfolioRisk:
    """Simulate a book.

    Args:
        network: all parties, or a system prepared by `risk_system`.
        financials: books with PDs; default `Financials.from_network`.
        book: the lenders whose loans count; default all.
        scenarios: how many; memory is two numbers each.
        seed: of the draws.
        correlation: of the common factor, in [0, 1); 0 = independent.
        level: of VaR and ES, in (0, 1).
        threads: default the setting `threads`; the result does not depend on it.
        progress: called with (scenarios done, scenarios); may raise to cancel.
        options: tol of each cascade (1e-3; by it the book's loss moves by about a millionth of itself),
            and layers, essentiality, market, lgd, receivable_lgd, defaulters_stop of `risk_system`.

    Raises:
        ValueRangeError: numbers outside their range; and as in `cascade`.
    """
    tol = float(options.pop("tol", 1e-3))
    system = network if isinstance(network, RiskSystem) else risk_system(network, financials, **options)
    if scenarios < 2 or not 0 < level < 1 or not 0 <= correlation < 1 or not tol > 0:
        raise ValueRangeError(
            f"scenarios {scenarios}, level {level}, correlation {correlation}, tol {tol}",
            remedy="at least two scenarios, a level in (0, 1), a correlation in [0, 1), a positive tol",
        )
    lent = system.lending if book is None else _rows(system, book)
    to_party = np.asarray(lent.sum(axis=0)).ravel()
    draws = _Draws(system, seed, correlation)
    before, after = np.zeros(scenarios), np.zeros(scenarios)

    def chunk(start: int) -> tuple[int, Floats, int]:
        sums, capped = np.zeros((3, system.n)), 0
        stop = min(start + CHUNK, scenarios)
        for scenario in range(start, stop):
            shock = draws.failures(scenario)
            before[scenario] = to_party @ severity_without_contagion(system, shock)
            outcome = run(system, shock, tol=tol)
            after[scenario] = to_party @ outcome.last.severity
            capped += not outcome.converged
            sums += outcome.since >= 0, shock, outcome.last.total
        return stop - start, sums, capped

    sums, capped, done = np.zeros((3, system.n)), 0, 0
    pool = ThreadPoolExecutor(max(threads or get_settings().threads or os.cpu_count() or 1, 1))
    try:
        for size, part, bad in pool.map(chunk, range(0, scenarios, CHUNK)):
            sums, capped, done = sums + part, capped + bad, done + size
            if progress:
                progress(done, scenarios)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    notes = list(system.warnings)
    if capped:
        notes.append(f"{capped} scenarios reached the cap on rounds")
    if scenarios * (1 - level) < 10:
        notes.append(f"only {scenarios * (1 - level):.1f} scenarios lie beyond the level: VaR and ES are rough")
    rates = sums / scenarios
    return PortfolioRisk(
        measures(before, level), measures(after, level), before, after, float(to_party.sum()),
        rates[0], rates[1], rates[2], level, scenarios, seed, tuple(notes),
    )  # fmt: skip


class _Draws:
    """Who fails in a scenario, from its number alone."""

    def __init__(self, system: RiskSystem, seed: int, correlation: float) -> None:
        self.seed, self.correlation, self.pd = seed, correlation, system.financials.pd
        self.threshold = norm.ppf(self.pd)

    def failures(self, scenario: int) -> Floats:
        """1 where a party fails, (n,)."""
        rng = np.random.Generator(np.random.Philox(key=[self.seed, scenario]))
        if self.correlation == 0.0:
            return (rng.random(len(self.pd)) < self.pd).astype(np.float64)
        factor = np.sqrt(self.correlation) * rng.standard_normal()
        own = np.sqrt(1 - self.correlation) * rng.standard_normal(len(self.pd))
        failed: Floats = (factor + own < self.threshold).astype(np.float64)
        return failed


def _rows(system: RiskSystem, book: Sequence[str | int]) -> sparse.csr_array:
    places = [as_position(lender, system.n, system.network) for lender in book]
    return sparse.csr_array(system.lending[places])


def measures(losses: Floats, level: float) -> LossMeasures:
    """EL, VaR and ES of simulated losses, each with a 95% interval.

    EL by the normal approximation; VaR by order statistics (binomial); ES by its asymptotic variance (Manistre & Hancock 2005).
    """
    ordered = np.sort(losses)
    count = len(ordered)
    mean, spread = float(ordered.mean()), NINETY_FIVE * float(ordered.std(ddof=1)) / float(np.sqrt(count))
    place = min(int(np.ceil(level * count)) - 1, count - 1)
    var = float(ordered[place])
    low, high = (int(k) for k in binom.ppf([0.025, 0.975], count, level))
    tail = ordered[place:]
    shortfall = float(tail.mean())
    share = max(len(tail) / count, 1.0 / count)
    variance = (float(tail.var()) + (1 - share) * (shortfall - var) ** 2) / (count * share)
    half = NINETY_FIVE * float(np.sqrt(variance))
    return LossMeasures(
        Measure(mean, mean - spread, mean + spread),
        Measure(var, float(ordered[max(low - 1, 0)]), float(ordered[min(high, count - 1)])),
        Measure(shortfall, shortfall - half, shortfall + half),
    )


@dataclass(frozen=True)
class FailureEffects:
    """What one failure changes for each counterparty.

    Attributes:
        table: one row a party that is touched, largest change of expected loss first: party_id, stress (share of equity lost),
            defaulted, pd_before, pd_after, exposure, el_before, el_after, change, and the loss by layer.
        change: change of the book's expected loss, sum over the table without the failed parties themselves.
        failed_loss: expected loss on the failed parties themselves, after less before.
    """

    failed: npt.NDArray[np.int32]
    table: pd.DataFrame
    change: float
    failed_loss: float
    warnings: tuple[str, ...]


def failure_effects(
    network: Network | RiskSystem,
    failed: Any,
    financials: Financials | None = None,
    *,
    book: Sequence[str | int] | None = None,
    tol: float = 1e-8,
    **options: Any,
) -> FailureEffects:
    """X fails: the change of expected loss for each counterparty.

    A party that loses the share h of its equity has a PD of PD + (1 - PD) h afterwards (the reading of linear DebtRank: h is
    the probability of default that the loss adds), and 1 if it defaults. Expected loss = PD * exposure * loss given default;
    exposure is what the book lends to the party (net of what guarantors pay once it defaults) and the book's receivables
    from it. Losses that arise without the failure (parties without equity) are taken off first.

    Args:
        network: all parties, or a system prepared by `risk_system`.
        failed: a party, several, or {party: share of production lost}.
        financials: books with PDs; default `Financials.from_network`.
        book: whose claims count; default everybody's.
        tol, options: as in `cascade`.

    Raises:
        NotFoundError, ValueRangeError: unknown parties, shares outside [0, 1]; and as in `cascade`.
    """
    system = network if isinstance(network, RiskSystem) else risk_system(network, financials, **options)
    if not isinstance(failed, dict):
        several = [failed] if isinstance(failed, str | int | np.integer) else list(failed)
        failed = dict.fromkeys(several, 1.0)
    shock = as_shock(failed, system.n, system.network)
    calm, hit = (run(system, first, tol=tol) for first in (np.zeros(system.n), shock))
    books, at = system.financials, np.flatnonzero(shock > 0).astype(np.int32)
    lost = np.maximum(hit.last.total - calm.last.total, 0.0)
    worth = np.where(books.equity > 0, books.equity, 1.0)
    stress = np.clip(np.where(np.isinf(worth), 0.0, lost / worth), 0.0, 1.0)
    pd_before = np.where(calm.since >= 0, 1.0, books.pd)
    pd_after = np.where(hit.since >= 0, 1.0, pd_before + (1 - pd_before) * stress)
    chosen = slice(None) if book is None else [as_position(party, system.n, system.network) for party in book]
    loan, credit = (np.asarray(m[chosen].sum(axis=0)).ravel() for m in (system.lending, system.receivable))
    severe_before, severe_after = (np.where(run_.since >= 0, run_.last.severity, system.lgd) for run_ in (calm, hit))
    trade = credit * system.receivable_lgd
    el_before = pd_before * (loan * severe_before + trade)
    el_after = pd_after * (loan * severe_after + trade)
    change = el_after - el_before
    rows = np.flatnonzero((lost > 1e-12 * lost.max(initial=0.0)) | (np.abs(change) > 0) | (shock > 0))
    rows = rows[np.lexsort((rows, -lost[rows], -change[rows]))]
    columns = {
        "party_id": system.network.ids, "stress": stress, "defaulted": (hit.since >= 0) & (calm.since < 0),
        "pd_before": pd_before, "pd_after": pd_after, "exposure": loan + credit,
        "el_before": el_before, "el_after": el_after, "change": change, "loss": lost,
    }  # fmt: skip
    columns |= {layer: hit.last.parts[layer] - calm.last.parts[layer] for layer in CASCADE_LAYERS}
    others = np.ones(system.n, dtype=np.bool_)
    others[at] = False
    table = pd.DataFrame({name: np.asarray(values)[rows] for name, values in columns.items()})
    return FailureEffects(at, table, float(change[others].sum()), float(change[at].sum()), system.warnings)
