"""Risk of a book of loans: expected loss, VaR, expected shortfall, and what its largest names add.

One systematic factor (Vasicek 2002; Gordy 2003): the loss given the factor's quantile q is
L(q) = sum EAD LGD N((G(PD) + sqrt(R) G(q)) / sqrt(1 - R)); VaR = L(c), ES = mean of L over q in (c, 1). Granularity is the
simplified adjustment of Gordy & Luetkebohmert (2013): sum s^2 C (delta (K + R) - K) / (2 K*), xi = 0.25, at most what could be
lost beyond VaR; `simulate_losses` draws every default instead (seeded), for small books.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from graphcredit.decisions.pricing import correlation
from graphcredit.decisions.texts import Frozen
from graphcredit.exc import ShapeError, ValueRangeError
from graphcredit.structure.concentration import XI as XI
from graphcredit.structure.concentration import factor_quantile, granularity_adjustment

Floats = npt.NDArray[np.float64]
NODES = 64
LOWEST_PD, HIGHEST_PD = 1e-6, 1 - 1e-9


@dataclass(frozen=True)
class Lines:
    """A book as arrays (n,): who owes, how much, PD, LGD, industry."""

    party: npt.NDArray[np.object_]
    exposure: Floats
    pd: Floats
    lgd: Floats
    industry: npt.NDArray[np.object_]

    def __post_init__(self) -> None:
        if len({len(self.party), len(self.exposure), len(self.pd), len(self.lgd), len(self.industry)}) > 1:
            raise ShapeError("the columns of a book differ in length", remedy="give one value a line")
        numbers = (self.exposure, self.pd, self.lgd)
        if (
            any(not np.isfinite(each).all() or (each < 0).any() for each in numbers)
            or (self.pd > 1).any()
            or (self.lgd > 1).any()
        ):
            raise ValueRangeError(
                "exposures are not below 0, PD and LGD between 0 and 1", remedy="check the book's lines"
            )

    @property
    def n(self) -> int:
        """Number of lines."""
        return len(self.exposure)

    def by_party(self) -> "Lines":
        """One line a party: exposures add, PD and LGD by exposure."""
        names, inverse = np.unique(self.party.astype(str), return_inverse=True)
        total = np.asarray(np.bincount(inverse, self.exposure, len(names)), dtype=np.float64)
        safe = np.where(total > 0, total, 1.0)
        first = np.zeros(len(names), dtype=np.int64)
        first[inverse[::-1]] = np.arange(self.n)[::-1]
        return Lines(
            names.astype(object),
            total,
            np.where(total > 0, np.bincount(inverse, self.exposure * self.pd, len(names)) / safe, self.pd[first]),
            np.where(total > 0, np.bincount(inverse, self.exposure * self.lgd, len(names)) / safe, self.lgd[first]),
            self.industry[first],
        )

    def with_line(self, party: str, exposure: float, pd: float, lgd: float, industry: str) -> "Lines":
        """The book with one line more."""
        return Lines(
            np.append(self.party, party),
            np.append(self.exposure, exposure),
            np.append(self.pd, pd),
            np.append(self.lgd, lgd),
            np.append(self.industry, industry),
        )


class BookRisk(Frozen):
    """Amounts in the book's currency at the confidence stated; hhi of exposures by party, effective = 1 / hhi."""

    parties: int
    exposure: Decimal
    expected_loss: Decimal
    value_at_risk: Decimal
    expected_shortfall: Decimal
    granularity: Decimal
    hhi: Decimal
    effective_parties: Decimal
    confidence: Decimal


EMPTY = Lines(np.empty(0, object), np.empty(0), np.empty(0), np.empty(0), np.empty(0, object))


def loss_given(lines: Lines, quantile: float) -> float:
    """Loss of an infinitely fine book when the factor is at its `quantile`."""
    pd = np.clip(lines.pd, LOWEST_PD, HIGHEST_PD)
    r = correlation(pd)
    hit = np.where(lines.pd >= 1, 1.0, ndtr((ndtri(pd) + np.sqrt(r) * ndtri(quantile)) / np.sqrt(1 - r)))
    return float(np.sum(lines.exposure * lines.lgd * hit))


def measure(lines: Lines, *, confidence: float = 0.999) -> BookRisk:
    """Expected loss, VaR, ES and granularity of a book.

    Raises:
        ValueRangeError: the confidence is not between one half and 1.
    """
    if not 0.5 <= confidence < 1:
        raise ValueRangeError(f"confidence {confidence}", remedy="use for example 0.999")
    merged = lines.by_party() if lines.n else lines
    total = float(merged.exposure.sum())
    shares = merged.exposure / total if total > 0 else np.zeros(0)
    tail = sum(w * loss_given(merged, q) for q, w in zip(*tail_quantiles(confidence), strict=True))
    return risk_of(
        Totals(
            parties=int((merged.exposure > 0).sum()),
            exposure=total,
            expected_loss=float(np.sum(merged.exposure * merged.pd * merged.lgd)),
            worst=float(np.sum(merged.exposure * merged.lgd)),
            at_risk=loss_given(merged, confidence),
            tail=float(tail),
            granularity=granularity(merged, confidence=confidence) * total,
            hhi=float(np.sum(shares**2)),
        ),
        confidence,
    )


@dataclass(frozen=True, slots=True)
class Totals:
    """A book in sums: amounts as floats, `worst` = all that could be lost, granularity before it is capped by it."""

    parties: int
    exposure: float
    expected_loss: float
    worst: float
    at_risk: float
    tail: float
    granularity: float
    hhi: float


def risk_of(totals: Totals, confidence: float) -> BookRisk:
    """The figures that people read, of a book in sums."""
    some = totals.exposure > 0
    at_risk = totals.at_risk if some else 0.0
    return BookRisk(
        parties=totals.parties,
        exposure=_money(totals.exposure),
        expected_loss=_money(totals.expected_loss),
        value_at_risk=_money(at_risk),
        expected_shortfall=_money(totals.tail if some else 0.0),
        granularity=_money(min(totals.granularity, max(totals.worst - at_risk, 0.0))),
        hhi=Decimal(f"{totals.hhi:.8f}"),
        effective_parties=Decimal(f"{1 / totals.hhi:.2f}") if totals.hhi else Decimal(0),
        confidence=Decimal(repr(confidence)),
    )


def granularity(lines: Lines, *, confidence: float = 0.999) -> float:
    """Add-on for undiversified names, as a share of the book's exposure (Gordy & Luetkebohmert, simplified)."""
    total = float(lines.exposure.sum())
    live = (lines.exposure > 0) & (lines.pd < 1) & (lines.lgd > 0)
    if total <= 0 or not live.any():
        return 0.0
    ead = lines.exposure[live]
    found = granularity_adjustment(ead, np.maximum(lines.pd[live], LOWEST_PD), lines.lgd[live], confidence=confidence)
    return found.adjustment * float(ead.sum()) / total  # of the whole book, of which some lines cannot be lost any more


def delta(confidence: float) -> float:
    """Regulatory parameter of the adjustment for a Gamma factor of mean 1 and shape xi."""
    return factor_quantile(confidence)[1]


def simulate_losses(
    lines: Lines, *, confidence: float = 0.999, draws: int = 100_000, seed: int = 0
) -> tuple[float, float, float]:
    """Mean loss, VaR and ES from seeded draws of factor and defaults, one name a party."""
    merged = lines.by_party() if lines.n else lines
    if draws < 1000:
        raise ValueRangeError(f"{draws} draws", remedy="use at least 1000")
    random = np.random.default_rng(seed)
    pd = np.clip(merged.pd, LOWEST_PD, HIGHEST_PD)
    r = correlation(pd)
    losses = np.empty(draws)
    step = max(1, 2_000_000 // max(merged.n, 1))
    for start in range(0, draws, step):
        factor = random.standard_normal((min(step, draws - start), 1))
        own = random.standard_normal((len(factor), merged.n))
        failed = np.sqrt(r) * factor + np.sqrt(1 - r) * own < ndtri(pd)
        losses[start : start + len(factor)] = failed @ (merged.exposure * merged.lgd)
    losses.sort()
    at = min(int(np.ceil(confidence * draws)) - 1, draws - 1)
    return float(losses.mean()), float(losses[at]), float(losses[at:].mean())


@lru_cache(maxsize=8)
def tail_quantiles(confidence: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Quantiles of the factor beyond a confidence, and weights, of which the mean loss beyond it is made."""
    nodes, weights = _gauss()
    return tuple(1 - (1 - confidence) * (1 - x) for x in nodes), tuple(weights)


@lru_cache(maxsize=1)
def _gauss() -> tuple[list[float], list[float]]:
    """Nodes and weights on (0, 1), denser towards 1 (x = 1 - e^-t is left to the squared map)."""
    x, w = np.polynomial.legendre.leggauss(NODES)
    u = (x + 1) / 2
    return (1 - (1 - u) ** 3).tolist(), (w / 2 * 3 * (1 - u) ** 2).tolist()


def _money(value: float) -> Decimal:
    return Decimal(f"{value:.2f}")
