"""`graphcredit plan`: table, CSV, chart, season, holidays, early repayment, and the plan of a granted loan."""

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from graphcredit.settings import get_settings
from tests.support.demo import Demo, graphcredit

D = Decimal
SEASON = ("plan", "65000", "--rate", "0.06", "--kind", "seasonal", "--season", "10=1,11=3", "--start", "2026-01-15")


def test_a_seasonal_plan_by_months_and_weights(tmp_path: Path) -> None:
    body = graphcredit(*SEASON, "--json").json
    assert {row["due"][:7]: D(row["principal"]) for row in body["rows"] if D(row["principal"])} == {
        "2026-10": D("16250.00"),
        "2026-11": D("48750.00"),
    }
    assert sum(D(row["interest"]) for row in body["rows"]) == D(body["total_interest"])
    file = tmp_path / "plan.csv"
    assert graphcredit(*SEASON, "-o", file).code == 0
    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    assert [row["principal"] for row in rows] == [f"{D(row['principal']):.2f}" for row in body["rows"]]
    assert sum(D(row["principal"]) for row in rows) == D(65000)


def test_a_chart_on_the_terminal_and_as_a_page(tmp_path: Path) -> None:
    shown = graphcredit("plan", "1200", "--rate", "0.12", "--kind", "equal_principal", "--chart")
    bars = [line.split()[-1] for line in shown.out.splitlines() if line[0].isdigit()]
    assert len(bars) == 12
    assert all(set(bar) <= {"#", "+"} and bar.startswith("#") for bar in bars)
    assert len(bars[0]) > len(bars[-1])
    page = tmp_path / "plan.html"
    assert graphcredit(*SEASON, "-o", page).code == 0
    html = page.read_text()
    assert "plotly" in html
    assert '<script src="http' not in html


def test_holidays_move_payments_and_may_move_interest() -> None:
    plain = ("plan", "100000", "--rate", "0.06", "--kind", "interest_first", "--periods", "3", "--start", "2025-12-17",
             "--day-count", "ACT/365", "--json")  # fmt: skip
    moved = graphcredit(*plain, "--holidays", "cn").json["rows"]
    assert [(row["due"], row["paid_on"]) for row in moved][1] == ("2026-02-17", "2026-02-24")
    assert [row["interest"] for row in moved] == [row["interest"] for row in graphcredit(*plain).json["rows"]]
    adjusted = graphcredit(*plain, "--holidays", "cn", "--adjust-interest").json["rows"]
    assert D(adjusted[1]["interest"]) == D("591.78")  # 19 January to 24 February: 36 days of 100,000 at 6%
    earlier = graphcredit(*plain, "--holidays", "cn", "--roll", "preceding").json["rows"]
    assert earlier[1]["paid_on"] == "2026-02-14"  # a Saturday on which people work


@pytest.fixture
def fresh_settings() -> Iterator[None]:
    """Settings read from the environment of the test, and not kept after it."""
    yield
    get_settings.cache_clear()


@pytest.mark.usefixtures("fresh_settings")
def test_the_calendar_of_the_settings_counts_and_what_it_lacks_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ("plan", "1200", "--rate", "0.06", "--kind", "equal_principal", "--periods", "2", "--start", "2026-11-15")
    assert "holidays" not in graphcredit(*given).err  # no calendar, nothing to say of it
    monkeypatch.setenv("GRAPHCREDIT_HOLIDAYS", "cn")
    get_settings.cache_clear()
    unasked = graphcredit(*given)
    assert "2027-01-15" in unasked.out
    assert "the calendar cn holds no public holidays of 2027" in unasked.err
    monkeypatch.setenv("GRAPHCREDIT_LANGUAGE", "zh")
    get_settings.cache_clear()
    chinese = graphcredit(*given)
    monkeypatch.delenv("GRAPHCREDIT_LANGUAGE")
    get_settings.cache_clear()
    assert "仅避开周末" in chinese.err
    file = tmp_path / "2027.csv"
    file.write_text("2027-01-15")
    told = graphcredit(*given, "--holidays", f"cn,{file}")
    assert "2027-01-18" in told.out
    assert "holidays of" not in told.err


def test_early_repayment_of_a_part_with_its_fee() -> None:
    given = (
        "plan",
        "120000",
        "--rate",
        "0.06",
        "--kind",
        "equal_principal",
        "--day-count",
        "ACT/365",
        "--start",
        "2026-01-15",
    )
    body = graphcredit(*given, "--prepay", "2026-03-25=50000", "--prepay-fee", "0.01", "--json").json
    assert {name: D(body["repaid_early"][name]) for name in ("principal", "interest", "fee", "total")} == {
        "principal": D(50000), "interest": D("164.38"), "fee": D(500), "total": D("50664.38")
    }  # fmt: skip
    assert sum(D(row["principal"]) for row in body["rows"]) == D(70000)
    assert D(body["total_paid"]) == D(120000) + D(body["total_interest"])
    told = graphcredit(*given, "--prepay", "2026-03-25")
    assert "repaid early on 2026-03-25: principal 100000.00" in told.out
    assert "interest saved" in told.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plan",), "needs an amount"),
        (("plan", "1000"), "needs an amount and --rate"),
        (("plan", "lots", "--rate", "0.05"), "amount 'lots' is not a number"),
        (("plan", "-5", "--rate", "0.05"), "-5"),
        (("plan", "1000", "--rate", "0.05", "--kind", "balloon"), "unknown plan 'balloon'"),
        (("plan", "1000", "--rate", "0.05", "--kind", "seasonal"), "into the season"),
        (("plan", "1000", "--rate", "0.05", "--season", "10=1"), "a season is of seasonal plans"),
        (("plan", "1000", "--rate", "0.05", "--kind", "seasonal", "--season", "May=1"), "names no month"),
        (("plan", "1000", "--rate", "0.05", "--kind", "seasonal", "--season", "13=1"), "months 1-12"),
        (("plan", "1000", "--rate", "0.05", "--holidays", "nowhere.csv"), "cannot be read"),
        (("plan", "1000", "--rate", "0.05", "--day-count", "ACT/ACT"), "unknown day count"),
        (("plan", "1000", "--rate", "0.05", "--prepay", "1999-01-01"), "not within the plan"),
        (("plan", "1000", "--rate", "0.05", "-o", "plan.pdf"), "not written as .pdf"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: tuple[str, ...], said: str) -> None:
    done = graphcredit(*arguments)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


@pytest.mark.xdist_group("demo")
def test_the_plan_of_a_granted_loan(demo: Demo, tmp_path: Path) -> None:
    own = demo.copy(tmp_path / "own")
    for party in [demo.party, *(f"F{number:06d}" for number in range(1, 30))]:
        asked = {"party_id": party, "product": "loan", "amount": "12000.00", "tenor_days": 365, "plan": "seasonal",
                 "season": {"10": "1", "12": "2"}}  # fmt: skip
        made = graphcredit("decide", "-", "--store", own.url, "--json", stdin=json.dumps(asked)).json
        if made["outcome"].startswith("approve"):
            break
    plan = graphcredit("plan", "--decision", made["decision_id"], "--store", own.url, "--json").json
    assert (D(plan["amount"]), D(plan["rate"]), plan["start"]) == (D(made["amount"]), D(made["rate"]), made["as_of"])
    months = {row["due"][5:7]: D(row["principal"]) for row in plan["rows"] if D(row["principal"])}
    assert months["12"] == 2 * months["10"]
