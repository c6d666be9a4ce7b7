"""The decided book and the full one with facilities, before and after each decision and each named stress, by hand."""

from decimal import Decimal

import numpy as np
import pytest
from scipy.stats import norm

from graphcredit.decisions import book_of, book_report, decide, default_policy, settle
from graphcredit.exc import NotFoundError
from graphcredit.store import CreditStore
from tests.decisions.test_headroom import facility
from tests.decisions.world import DAY, FIRMS, build, loan
from tests.support.stores import facts

D = Decimal


def value_at_risk(rows: list[tuple[float, float, float]]) -> float:
    """Vasicek at 99.9%, written out from the equations: rows of exposure, PD, LGD."""
    total = 0.0
    for exposure, pd, lgd in rows:
        weight = (1 - np.exp(-50 * pd)) / (1 - np.exp(-50))
        r = 0.12 * weight + 0.24 * (1 - weight)
        hit = 1.0 if pd >= 1 else norm.cdf((norm.ppf(pd) + np.sqrt(r) * norm.ppf(0.999)) / np.sqrt(1 - r))
        total += exposure * lgd * hit
    return float(total)


def test_each_decision_shows_the_book_before_and_after_it(store: CreditStore) -> None:
    build(store, pds={**dict.fromkeys(FIRMS, 0.005), "buyer": 0.002})
    first = decide(store, loan("400000"), as_of=DAY)
    second = decide(store, loan("300000", who="buyer"), as_of=DAY)
    third = decide(store, loan("100000"), as_of=DAY)
    assert first.book and second.book and third.book
    assert first.book.before.exposure == 0
    assert first.book.after == second.book.before
    assert second.book.after == third.book.before
    assert (first.book.after.parties, second.book.after.parties, third.book.after.parties) == (1, 2, 2)
    assert first.book.after.expected_loss == D("900.00")  # 400,000 x 0.5% x 45%
    assert second.book.after.expected_loss == D("1170.00")  # and 300,000 x 0.2% x 45%
    rows = [(500_000, 0.005, 0.45), (300_000, 0.002, 0.45)]
    assert float(third.book.after.value_at_risk) == pytest.approx(value_at_risk(rows), abs=0.01)
    assert third.book.after.expected_shortfall > third.book.after.value_at_risk
    assert third.book.after.hhi == D(repr(round((5 / 8) ** 2 + (3 / 8) ** 2, 8)))
    assert second.book.after.granularity < first.book.after.granularity * 2  # two names share what one bore
    refused = decide(store, loan("5"), as_of=DAY)
    assert (refused.outcome, refused.book) == ("decline", None)
    settle(store, second.decision_id, by="desk")
    again = decide(store, loan("100000"), as_of=DAY)
    assert again.book is not None
    assert again.book.before.exposure == D("500000.00")


def test_the_full_book_with_facilities_before_and_after_stress(store: CreditStore) -> None:
    build(store, pds={**dict.fromkeys(FIRMS, 0.005), "third": 0.02})
    rows = [
        facility("F1", "third", 200_000, lgd=0.25),
        facility("F2", "giver", 50_000),
        facility("DEC-9", "buyer", 70_000),
    ]
    store.upsert("facilities", facts("facilities", rows))
    decide(store, loan("400000"), as_of=DAY)
    report = book_report(store, book_of(store, None, DAY))
    assert (report.decided.exposure, report.full.exposure) == (D("400000.00"), D("650000.00"))
    by_hand = [(400_000, 0.005, 0.45), (200_000, 0.02, 0.25), (50_000, 0.005, 0.45)]
    assert float(report.full.expected_loss) == pytest.approx(sum(e * p * g for e, p, g in by_hand), abs=0.01)
    assert float(report.full.value_at_risk) == pytest.approx(value_at_risk(by_hand), abs=0.01)
    stress = {each.scenario: each for each in report.stress}
    assert list(stress) == [scenario.name for scenario in default_policy().scenarios]
    assert all(each.before == report.full for each in report.stress)
    severe = [(e, 3 * p, g + 0.10) for e, p, g in by_hand]
    assert float(stress["severe_recession"].after.expected_loss) == pytest.approx(
        sum(e * p * g for e, p, g in severe), abs=0.01
    )
    assert float(stress["severe_recession"].after.value_at_risk) == pytest.approx(value_at_risk(severe), abs=0.01)
    assert stress["property_slump"].after == report.full  # nobody here builds
    failed = [(e, 1.0, g) for e, _, g in by_hand]
    assert float(stress["largest_three_fail"].after.expected_loss) == pytest.approx(
        sum(e * g for e, _, g in failed), abs=0.01
    )
    (one,) = book_report(store, book_of(store, None, DAY), ["mild_recession"]).stress
    assert one == stress["mild_recession"]
    with pytest.raises(NotFoundError, match="meteor"):
        book_report(store, book_of(store, None, DAY), ["meteor"])


def test_a_borrower_without_a_score_counts_at_the_worst_grade_admitted(duckdb_store: CreditStore) -> None:
    build(duckdb_store, pds={})
    duckdb_store.upsert("facilities", facts("facilities", [facility("F1", "third", 100_000)]))
    report = book_report(duckdb_store, book_of(duckdb_store, None, DAY))
    assert report.full.expected_loss == D("8100.00")  # 100,000 x 18% (the end of CCC) x 45%
    assert report.decided.parties == 0
