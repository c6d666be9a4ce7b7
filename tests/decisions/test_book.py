"""Risk of a book against published numbers, brute force and dense formulas; stress; price."""

from decimal import Decimal

import numpy as np
import pytest
from scipy.stats import norm

from graphcredit.decisions import Lines, default_policy, measure, price, stress_book
from graphcredit.decisions.book import EMPTY, delta, granularity, simulate_losses
from graphcredit.decisions.pricing import capital
from graphcredit.exc import NotFoundError, ValueRangeError

POLICY = default_policy()


def lines(n: int = 100, pd: float = 0.01, lgd: float = 0.45, exposure: float = 1000.0, industry: str = "C13") -> Lines:
    names = np.array([f"p{k}" for k in range(n)], dtype=object)
    return Lines(names, np.full(n, exposure), np.full(n, pd), np.full(n, lgd), np.full(n, industry, dtype=object))


def test_published_granularity_of_a_hundred_equal_loans() -> None:
    assert delta(0.999) == pytest.approx(4.833601, abs=1e-6)
    assert capital(0.01, 0.45) == pytest.approx(0.058623, abs=1e-6)
    assert granularity(lines(100)) == pytest.approx(0.012351, abs=1e-6)
    assert granularity(lines(1000)) == pytest.approx(0.0012351, abs=1e-7)


def test_value_at_risk_is_vasicek_and_expected_shortfall_its_tail_mean() -> None:
    found = measure(lines(1000))
    weight = (1 - np.exp(-50 * 0.01)) / (1 - np.exp(-50))
    r = 0.12 * weight + 0.24 * (1 - weight)

    def loss(q: np.ndarray | float) -> np.ndarray:
        return np.asarray(1_000_000 * 0.45 * norm.cdf((norm.ppf(0.01) + np.sqrt(r) * norm.ppf(q)) / np.sqrt(1 - r)))

    assert float(found.value_at_risk) == pytest.approx(float(loss(0.999)), abs=0.01)
    tail = 0.999 + 0.001 * (np.arange(200_000) + 0.5) / 200_000
    assert float(found.expected_shortfall) == pytest.approx(float(loss(tail).mean()), rel=1e-4)
    assert found.expected_loss == Decimal("4500.00")
    assert found.hhi == Decimal("0.00100000")


def test_simulation_agrees_with_the_formula_on_a_fine_book() -> None:
    mean, at_risk, shortfall = simulate_losses(lines(400, pd=0.05), confidence=0.99, draws=20_000, seed=3)
    found = measure(lines(400, pd=0.05), confidence=0.99)
    assert mean == pytest.approx(float(found.expected_loss), rel=0.03)
    assert at_risk == pytest.approx(float(found.value_at_risk + found.granularity), rel=0.08)
    assert shortfall > at_risk
    assert simulate_losses(lines(20), draws=2000, seed=1) == simulate_losses(lines(20), draws=2000, seed=1)


def test_two_lines_of_one_party_are_one_name() -> None:
    twice = Lines(
        *(
            np.concatenate([a, a])
            for a in (lines(1).party, lines(1).exposure, lines(1).pd, lines(1).lgd, lines(1).industry)
        )
    )
    assert measure(twice) == measure(lines(1, exposure=2000.0))
    assert measure(EMPTY).exposure == 0
    assert measure(lines(1)).granularity + measure(lines(1)).value_at_risk <= 450


def test_book_refuses_impossible_lines() -> None:
    with pytest.raises(ValueRangeError):
        lines(pd=1.5)
    with pytest.raises(ValueRangeError):
        measure(lines(), confidence=1.0)


def test_stress_by_named_scenarios() -> None:
    mixed = Lines(
        *(
            np.concatenate([a, b])
            for a, b in zip(
                (lines(3).party, lines(3).exposure, lines(3).pd, lines(3).lgd, lines(3).industry),
                (
                    np.array(["x", "y"], object),
                    np.array([9000.0, 5.0]),
                    np.array([0.1, 0.2]),
                    np.array([0.5, 0.5]),
                    np.array(["E47", "K70"], object),
                ),
                strict=True,
            )
        )
    )
    found = {each.scenario: each for each in stress_book(mixed, POLICY)}
    assert found["mild_recession"].hit == 5
    before = 3 * 1000 * 0.01 * 0.45 + 9000 * 0.1 * 0.5 + 5 * 0.2 * 0.5
    assert float(found["mild_recession"].before.expected_loss) == pytest.approx(before, abs=0.01)
    slump = 3 * 1000 * 0.01 * 0.45 + 9000 * 0.4 * 0.65 + 5 * 0.8 * 0.65
    assert float(found["property_slump"].after.expected_loss) == pytest.approx(slump, abs=0.01)
    assert found["property_slump"].hit == 2
    assert float(found["largest_three_fail"].after.expected_loss) >= 9000 * 0.5
    with pytest.raises(NotFoundError, match="meteor"):
        stress_book(mixed, POLICY, ("meteor",))


def test_price_is_loss_capital_funding_and_cost() -> None:
    made = price(Decimal("0.01"), Decimal("0.45"), POLICY)
    weight = (1 - np.exp(-0.5)) / (1 - np.exp(-50))
    r = 0.12 * weight + 0.24 * (1 - weight)
    k = 0.45 * norm.cdf((norm.ppf(0.01) + np.sqrt(r) * norm.ppf(0.999)) / np.sqrt(1 - r)) - 0.0045
    b = (0.11852 - 0.05478 * np.log(0.01)) ** 2
    k *= (1 - 1.5 * b) / (1 - 1.5 * b)  # one year
    assert float(made.capital) == pytest.approx(k, abs=1e-7)
    assert float(made.rate) == pytest.approx(0.0045 + 0.1 * k + 0.025 + 0.008, abs=1.1e-4)
    assert float(made.raroc) == pytest.approx((float(made.rate) - 0.025 - 0.008 - 0.0045) / k, abs=1e-3)
    assert price(Decimal("0.0001"), Decimal("0.01"), POLICY).rate == Decimal("0.0331")
    assert price(Decimal("0.5"), Decimal("0.9"), POLICY).above_max
