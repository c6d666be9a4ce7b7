"""The real invoices: firms with a credit record teach the model, the 302 without one are scored and go through the policy."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from graphcredit.decisions import default_policy, simulate_policy
from graphcredit.decisions.simulate import Simulation
from graphcredit.features import build_features
from graphcredit.scoring import train
from graphcredit.store import open_store
from graphcredit_ingest import load

DAY = date(2020, 2, 29)
FIRMS = [f"E{number}" for number in range(124, 426)]
POLICY = default_policy()


@pytest.fixture(scope="module")
def simulated(cumcm2020c: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    """Loaded with the shipped mapping, trained on the 123 labelled firms, scored, simulated: as a user does it."""
    with open_store(f"duckdb:///{tmp_path_factory.mktemp('real') / 'real.duckdb'}") as store:
        load(store, [cumcm2020c], mapping="cumcm2020c")
        model = train(store, models=["logistic"], repeats=1).model
        scores = model.predict(build_features(store, DAY, parties=FIRMS))
        given = {row["party_id"]: {**row, "as_of": DAY} for row in scores.to_dict("records")}
        yield simulate_policy(store, POLICY, parties=FIRMS, scores=given, as_of=DAY)


@pytest.mark.slow
@pytest.mark.xdist_group("cumcm2020c-policy")
class TestSimulation:
    """What an analyst looks for in the list."""

    def test_every_firm_gets_a_limit_a_price_and_a_decision_with_reasons_in_both_languages(
        self, simulated: Simulation
    ) -> None:
        assert [row.party_id for row in simulated.rows] == FIRMS
        for row in simulated.rows:
            assert row.grade and row.rate is not None and row.limit >= 0, row.party_id
            assert row.reasons and all(reason.text.en and reason.text.zh for reason in row.reasons), row.party_id
        assert set(simulated.outcomes) <= {"approve", "approve_with_conditions", "decline", "refer"}

    def test_grades_limits_prices_and_decisions_spread(self, simulated: Simulation) -> None:
        grades = Counter(row.grade for row in simulated.rows)
        assert len(grades) >= 6
        assert max(grades.values()) < 100
        approved = [row for row in simulated.rows if row.outcome.startswith("approve")]
        assert 75 < len(approved) < 227  # between a quarter and three quarters
        assert len({row.limit for row in approved}) > len(approved) * 0.9
        assert len({row.rate for row in simulated.rows}) > 150
        assert all(0 < row.amount <= row.limit for row in approved)

    def test_a_decline_names_what_stops_it_and_an_approval_what_bounds_it(self, simulated: Simulation) -> None:
        for row in simulated.rows:
            codes = {str(reason.weight) for reason in row.reasons}
            assert ("block" if row.outcome == "decline" else "bound") in codes, row.party_id
            if row.outcome == "decline":
                assert row.amount == 0
                assert POLICY.worse_than(str(row.grade), "B") or row.limit < 10_000, row.party_id

    def test_a_worse_pd_never_costs_less_and_stays_under_the_highest_rate_where_money_is_lent(
        self, simulated: Simulation
    ) -> None:
        ranked = sorted(simulated.rows, key=lambda row: row.pd or 0)
        assert all((a.rate or 0) <= (b.rate or 0) for a, b in pairwise(ranked))
        lent = [row.rate for row in simulated.rows if row.amount > 0 and row.rate is not None]
        assert Decimal("0.03") <= min(lent) <= max(lent) <= Decimal("0.154")

    def test_prices_are_expected_loss_capital_funding_and_cost_by_the_published_formulas(
        self, simulated: Simulation
    ) -> None:
        from scipy.stats import norm

        for row in simulated.rows:
            if row.rate is None or row.amount == 0:
                continue
            pd = max(float(row.pd or 0), 0.0003)
            share = (1 - 2.718281828459045 ** (-50 * pd)) / (1 - 2.718281828459045**-50)
            r = 0.12 * share + 0.24 * (1 - share)
            k = 0.45 * (
                norm.cdf((norm.ppf(pd) + r**0.5 * norm.ppf(0.999)) / (1 - r) ** 0.5) - pd
            )  # one year: b cancels
            rate = max(float(row.pd or 0) * 0.45 + 0.10 * k + 0.025 + 0.008, 0.03)
            assert float(row.rate) == pytest.approx(rate, abs=1.1e-4), row.party_id

    def test_the_capacity_rests_on_the_turnover_that_the_files_hold(
        self, simulated: Simulation, cumcm2020c: Path
    ) -> None:
        raw = pd.read_csv(cumcm2020c / "unlabelled_sales.csv.gz", dtype=str, keep_default_na=False).drop_duplicates()
        raw = raw[raw["status"].str.strip() == "有效发票"]
        year = raw[pd.to_datetime(raw["date"]) >= "2019-03-01"].astype({"amount": float})
        sold = year.groupby(year["firm"].str.strip())["amount"].sum()
        told = {
            row.party_id: float(figure.value)
            for row in simulated.rows
            for reason in row.reasons
            for figure in reason.figures
            if figure.name == "turnover"
        }
        assert len(told) > 290
        assert told == pytest.approx({firm: sold[firm] for firm in told}, rel=1e-9, abs=0.01)
        assert all(float(row.amount) <= 0.35 * told[row.party_id] for row in simulated.rows if row.amount)
