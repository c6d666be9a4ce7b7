"""Risk of the decided book as sums over its parties, so that one loan more is added without going through all others.

Every figure of `book.measure` is made of sums over parties: exposure, its square, expected loss, the loss at each quantile,
and both sums of the granularity adjustment. Sums carry what rounding lost of each step, so they stay true however often a
party is taken out and put in again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from graphcredit.decisions.book import HIGHEST_PD, LOWEST_PD, XI, BookRisk, Totals, delta, risk_of, tail_quantiles
from graphcredit.decisions.pricing import capital, correlation
from graphcredit.store import Record

Floats = npt.NDArray[np.float64]
EXPOSURE, SQUARES, EXPECTED, WORST, COUNT, CAPITAL, GRANULAR, AT_RISK, TAIL = range(9)


@dataclass(frozen=True, slots=True)
class Line:
    """One open line of a decision."""

    exposure: float
    pd: float
    lgd: float


def contribution(lines: list[Line], confidence: float) -> Floats:
    """What one party adds to each sum, (9,): its lines together, PD and LGD by exposure."""
    total = sum(line.exposure for line in lines)
    if not lines:
        return np.zeros(TAIL + 1)
    if total > 0:
        pd = sum(line.exposure * line.pd for line in lines) / total
        lgd = sum(line.exposure * line.lgd for line in lines) / total
    else:
        pd, lgd = lines[0].pd, lines[0].lgd
    made = np.zeros(TAIL + 1)
    made[[EXPOSURE, SQUARES, EXPECTED, WORST, COUNT]] = total, total**2, total * pd * lgd, total * lgd, total > 0
    if total > 0 and pd < 1 and lgd > 0:
        least = max(pd, LOWEST_PD)  # as the adjustment of the whole book has it
        k, r = capital(least, lgd, confidence=confidence), least * lgd
        made[CAPITAL] = total * k
        made[GRANULAR] = total**2 * (lgd**2 + XI * lgd * (1 - lgd)) / lgd * (delta(confidence) * (k + r) - k)
    quantiles, weights = tail_quantiles(confidence)
    losses = _losses(total * lgd, pd, np.array([*quantiles, confidence]))
    made[TAIL], made[AT_RISK] = losses[:-1] @ np.array(weights), losses[-1]
    return made


def _losses(worst: float, pd: float, quantiles: Floats) -> Floats:
    """Loss of one party at each quantile of the factor, as `book.loss_given` has it."""
    if pd >= 1:
        return np.full(len(quantiles), worst)
    p = min(max(pd, LOWEST_PD), HIGHEST_PD)
    r = float(correlation(p))
    return np.asarray(worst * ndtr((ndtri(p) + np.sqrt(r) * ndtri(quantiles)) / np.sqrt(1 - r)))


def totals_of(sums: Floats) -> Totals:
    """The sums of a book as what they mean."""
    total, count = float(sums[EXPOSURE]), round(float(sums[COUNT]))
    if not count:  # what is left of sums is rounding
        return Totals(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    granular = float(sums[GRANULAR] / (2 * sums[CAPITAL])) if sums[CAPITAL] > 0 else 0.0
    return Totals(
        parties=count,
        exposure=total,
        expected_loss=float(sums[EXPECTED]),
        worst=float(sums[WORST]),
        at_risk=float(sums[AT_RISK]),
        tail=float(sums[TAIL]),
        granularity=granular,
        hhi=float(sums[SQUARES]) / total**2,
    )


@dataclass
class Sums:
    """Sums that forget nothing: `high` + `low`, (9,) each, where `low` is what rounding took from `high`."""

    high: Floats = field(default_factory=lambda: np.zeros(TAIL + 1))
    low: Floats = field(default_factory=lambda: np.zeros(TAIL + 1))

    def add(self, change: Floats) -> None:
        """Add without loss (Knuth's two-sum)."""
        total = self.high + change
        back = total - self.high
        self.low = self.low + ((self.high - (total - back)) + (change - back))
        self.high = total

    def total(self) -> Floats:
        """The sums, (9,)."""
        return np.asarray(self.high + self.low)


class BookSums:
    """All open lines of decisions, by party, and their sums for the confidence asked for last."""

    def __init__(self) -> None:
        self._lines: dict[str, tuple[int, str]] = {}  # record -> its revision and party
        self._parties: dict[str, dict[str, Line]] = {}
        self._confidence, self._sums = 0.0, Sums()

    def take(self, record: Record) -> None:
        """Take in a line, or its end."""
        known = self._lines.get(record.record_id)
        if known is not None and known[0] >= record.revision:
            return
        body: Mapping[str, object] = record.body
        party = str(body["party_id"])
        mine = self._parties.setdefault(party, {})
        # out as a whole and in as a whole: their difference would lose a small line beside a large one
        if self._confidence:
            self._sums.add(-contribution(list(mine.values()), self._confidence))
        self._lines[record.record_id] = (record.revision, party)
        mine.pop(record.record_id, None)
        if body["state"] == "open":
            mine[record.record_id] = Line(float(str(body["exposure"])), float(str(body["pd"])), float(str(body["lgd"])))
        if not mine:
            del self._parties[party]
        if self._confidence:
            self._sums.add(contribution(list(mine.values()), self._confidence))

    def effect(self, party: str, line: Line, confidence: float) -> tuple[BookRisk, BookRisk]:
        """Risk without and with one more line."""
        if confidence != self._confidence:
            self._confidence, self._sums = confidence, Sums()
            for lines in self._parties.values():
                self._sums.add(contribution(list(lines.values()), confidence))
        mine = list(self._parties.get(party, {}).values())
        after = replace(self._sums)
        after.add(-contribution(mine, confidence))
        after.add(contribution([*mine, line], confidence))
        return risk_of(totals_of(self._sums.total()), confidence), risk_of(totals_of(after.total()), confidence)
