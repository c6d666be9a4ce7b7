"""Rating history, migration, tree and low-default portfolios from the command line."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.demo import Demo, graphcredit

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def rated(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo's store, every company rated on three days."""
    own = demo.copy(tmp_path_factory.mktemp("rated") / "own")
    for day in ("2024-06-30", "2025-06-30"):
        body = graphcredit("score", "--all", "--as-of", day, "--store", own.url, "--json").json
        assert body["ratings_kept"] == body["count"] > 100
    return own


def test_scoring_everyone_twice_keeps_each_rating_once(rated: Demo) -> None:
    again = graphcredit("score", "--all", "--as-of", "2025-06-30", "--store", rated.url, "--json").json
    assert again["ratings_kept"] == 0
    without = graphcredit(
        "score", "--all", "--as-of", "2025-01-01", "--no-history", "--store", rated.url, "--json"
    ).json
    assert without["ratings_kept"] == 0
    found = graphcredit("models", "history", rated.party, "--store", rated.url, "--json").json
    days = [row["as_of"] for row in found["ratings"]]
    assert days == sorted(days)
    assert {"2024-06-30", "2025-06-30"} <= set(days)
    assert "2025-01-01" not in days
    assert set(found["ratings"][0]) == {"party_id", "as_of", "model_id", "grade", "pd", "recorded_at"}


def test_a_score_and_a_decision_are_in_the_history(rated: Demo) -> None:
    score = graphcredit("score", rated.party, "--as-of", "2025-09-30", "--store", rated.url, "--json").json
    application = {"party_id": rated.party, "product": "loan", "amount": "10000.00", "tenor_days": 90, "payments": 3}
    graphcredit("decide", "-", "--as-of", "2025-10-31", "--store", rated.url, "--json", stdin=json.dumps(application))
    ratings = graphcredit("models", "history", rated.party, "--store", rated.url, "--json").json["ratings"]
    by_day = {row["as_of"]: row for row in ratings}
    assert by_day["2025-09-30"]["grade"] == score["grade"]
    assert by_day["2025-09-30"]["pd"] == pytest.approx(score["pd"])
    assert "2025-10-31" in by_day
    early = graphcredit("models", "history", rated.party, "--until", "2024-12-31", "--store", rated.url, "--json").json
    assert [row["as_of"] for row in early["ratings"]] == ["2024-06-30"]


@pytest.mark.parametrize("method", ["cohort", "duration", "aalen-johansen"])
def test_migration_of_what_was_rated(rated: Demo, method: str) -> None:
    options = ("--method", method, "--until", "2025-06-30", "--store", rated.url)
    body = graphcredit("migration", *options, "--json").json
    assert body["states"][0] == "AAA"
    assert all(sum(row) == pytest.approx(1) for row in body["matrix"])
    assert body["parties"] > 100
    assert {"en", "zh"} <= set(body["notes"][0])
    assert body["term_structure"] or body["term_structure_missing"]
    for early, late in zip(body["term_structure"], body["term_structure"][1:], strict=False):
        assert all(late["cumulative"][g] >= p - 1e-12 for g, p in early["cumulative"].items())
    shown = graphcredit("migration", *options)
    assert shown.code == 0
    assert "percent of each row" in shown.out
    assert "withdrawn" in shown.out


def test_migration_without_history_says_what_to_do(demo: Demo) -> None:
    done = graphcredit("migration", "--model", "nobody", "--store", demo.url)
    assert done.code == 3
    assert "no model 'nobody'" in done.err
    wrong = graphcredit("migration", "--method", "magic", "--store", demo.url)
    assert wrong.code == 2
    assert "remedy:" in wrong.err


def test_the_tree_is_drawn_in_the_language_asked(demo: Demo, rated: Demo, tmp_path: Path) -> None:
    without = graphcredit("models", "tree", "--out", tmp_path / "none.svg", "--store", demo.url)
    assert without.code == 3
    assert "train with --models tree" in without.err
    few = ("--models", "tree", "--folds", "2", "--repeats", "1", "--store", rated.url, "--json")
    model = graphcredit("train", "--labels", rated.folder / "data" / "labels.csv", *few).json["model_id"]
    for language, word in (("en", "parties"), ("zh", "家")):
        target = tmp_path / f"{language}.svg"
        done = graphcredit("models", "tree", model, "--out", target, "--language", language, "--store", rated.url)
        assert done.code == 0, done.err
        ElementTree.parse(target)
        assert word in target.read_text(encoding="utf-8")


def test_low_default_bounds_of_counts_are_the_papers() -> None:
    given = ("models", "low-default", "--counts", "A=100:0,B=400:0,C=300:0", "--confidence", "0.9")
    body = graphcredit(*given, "--correlation", "0", "--json").json
    assert [round(100 * row["upper"], 2) for row in body["grades"]] == [0.29, 0.33, 0.76]
    scaled = graphcredit(*given, "--correlation", "0.12", "--tendency", "0.001", "--json").json["grades"]
    assert sum(row["scaled"] * row["n"] for row in scaled) / 800 == pytest.approx(0.001)
    assert "upper bounds at 90.0%" in graphcredit(*given).out
    wrong = graphcredit("models", "low-default", "--counts", "A=hundred")
    assert wrong.code == 2
    assert "GRADE=N:DEFAULTS" in wrong.err


def test_low_default_bounds_of_the_models_own_grades(demo: Demo) -> None:
    body = graphcredit(
        "models", "low-default", "--store", demo.url, "--labels", demo.folder / "data" / "labels.csv", "--json"
    ).json
    grades = body["grades"]
    assert [row["grade"] for row in grades][:2] == ["AAA", "AA"]
    assert sum(row["n"] for row in grades) > 100
    used = [row["used"] for row in grades]
    assert used == sorted(used)
