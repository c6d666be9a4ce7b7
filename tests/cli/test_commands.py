"""The command line as a user runs it: a process, its output, its exit code."""

import json
from pathlib import Path

import pytest

from tests.support.demo import Demo, graphcredit

pytestmark = pytest.mark.xdist_group("demo")
COMMANDS = ("load", "features", "train", "validate", "score", "explain", "stress", "decide", "network", "serve", "demo", "sample",
            "store", "structure", "models", "policy", "limits", "exposure", "decisions", "plan", "overdue", "collect", "book", "order", "user", "audit", "alerts", "rerate")  # fmt: skip


def test_the_demo_goes_from_files_to_a_decision(demo: Demo) -> None:
    steps = ["sample", "load", "features", "train", "score", "stress", "decide", "network"]
    assert list(demo.summary["seconds"]) == steps
    assert demo.summary["load"]["quarantined"] == 0
    assert demo.summary["decision"]["outcome"] in ("approve", "approve_with_conditions", "refer", "decline")
    assert "vis-network" in (demo.folder / "network.html").read_text()


def test_a_second_load_changes_nothing(demo: Demo, tmp_path: Path) -> None:
    own = demo.copy(tmp_path / "own")
    report = graphcredit("load", own.folder / "data", "--store", own.url, "--json").json
    assert (report["new"], report["changed"], report["quarantined"]) == (0, 0, 0)
    assert report["unchanged"] == report["read"] > 10_000


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_an_example(name: str) -> None:
    shown = graphcredit(name, "--help")
    assert shown.code == 0
    group = "Commands:" in shown.out
    assert group or "Example: graphcredit" in " ".join(shown.out.split())


def test_score_gives_reasons_that_add_up(demo: Demo) -> None:
    body = graphcredit("score", demo.party, "--store", demo.url, "--json").json
    assert body["party_id"] == demo.party
    assert 0 < body["pd"] < 1
    assert abs(body["base_points"] + sum(reason["points"] for reason in body["reasons"]) - body["points"]) < 0.011
    assert all({"en", "zh"} <= set(reason["text"]) for reason in body["reasons"])


def test_every_company_can_be_scored_and_exported(demo: Demo, tmp_path: Path) -> None:
    target = tmp_path / "scores.csv"
    body = graphcredit("score", "--all", "--store", demo.url, "--json", "-o", target).json
    assert body["count"] == 300
    assert len(target.read_text(encoding="utf-8-sig").splitlines()) == 301


def test_stress_names_who_falls_and_the_path(demo: Demo) -> None:
    body = graphcredit("stress", "--shock", f"{demo.party}=1.0", "--store", demo.url, "--json").json
    assert body["total_loss"] > 0
    assert all(party["path"][-1] == party["party_id"] for party in body["parties"])


def test_stress_of_each_carries_its_bound(demo: Demo) -> None:
    parties = graphcredit("stress", "--all", "--store", demo.url, "--json").json["parties"]
    assert parties == sorted(parties, key=lambda party: -party["loss"])
    assert all(party["bound"] <= 1e-4 * party["loss"] + 1e-12 for party in parties)


def test_a_decision_is_taken_and_replayed(demo: Demo, tmp_path: Path) -> None:
    own = demo.copy(tmp_path / "own")
    application = {"party_id": demo.party, "product": "loan", "amount": "10000.00", "tenor_days": 90, "payments": 3}
    made = graphcredit("decide", "-", "--store", own.url, "--json", stdin=json.dumps(application)).json
    assert made["policy"] and made["inputs_hash"]
    again = graphcredit("decide", "--replay", made["decision_id"], "--store", own.url, "--json").json
    assert again["same"] is True
    listed = graphcredit("decisions", "list", "--store", own.url, "--json").json["decisions"]
    assert listed[0]["decision_id"] == made["decision_id"]


def test_limits_name_the_binding_cap(demo: Demo) -> None:
    body = graphcredit("limits", demo.party, "--store", demo.url, "--json").json
    room = body["headroom"]
    assert room["available"] == room["binding"]["available"]


def test_network_page_needs_nothing_from_outside(demo: Demo, tmp_path: Path) -> None:
    page = tmp_path / "net.html"
    body = graphcredit("network", demo.party, "-o", page, "--limit", "50", "--store", demo.url, "--json").json
    html = page.read_text()
    assert body["shown"] <= 50
    assert "<script src=" not in html
    assert "<link " not in html


def test_plan_sums_to_the_cent() -> None:
    body = graphcredit("plan", "1000000", "--rate", "0.06", "--periods", "12", "--start", "2026-01-01", "--json").json
    from decimal import Decimal

    assert sum(Decimal(row["principal"]) for row in body["rows"]) == Decimal("1000000.00")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("score", "F999999"), 3, "is not in the network"),
        (("score",), 2, "give a party's id, or --all"),
        (("stress", "--shock", "F000001=2"), 2, "a shock is a share between 0 and 1"),
        (("stress",), 2, "say what fails"),
        (("features", "--as-of", "June"), 2, "is not a date"),
        (("decide", "missing.json"), 2, "does not exist"),
        (("load", "missing.csv"), 2, "does not exist"),
        (("policy", "check", "missing.yaml"), 2, "does not exist"),
        (("nonsense",), 2, "nonsense"),
    ],
)
def test_errors_say_what_and_what_to_do(demo: Demo, arguments: tuple[str, ...], code: int, said: str) -> None:
    store = () if arguments[0] in ("nonsense",) else ("--store", demo.url)
    done = graphcredit(*arguments, *store)
    assert done.code == code
    assert said in done.err
    assert "remedy:" in done.err
    assert "Traceback" not in done.err


def test_errors_are_json_where_asked(demo: Demo) -> None:
    done = graphcredit("score", "F999999", "--store", demo.url, "--json")
    assert done.code == 3
    assert done.json["error"]["code"] == "not_found"


def test_a_store_that_is_not_there_is_not_created_by_reading(tmp_path: Path) -> None:
    done = graphcredit("score", "F1", "--store", f"duckdb:///{tmp_path / 'none.duckdb'}")
    assert done.code == 3
    assert not (tmp_path / "none.duckdb").exists()


def test_a_neo4j_that_is_down_gets_a_clear_message() -> None:
    done = graphcredit("store", "info", "--store", "neo4j://neo4j:secret-password@127.0.0.1:1")
    assert done.code != 0
    assert "does not answer" in done.err
    assert "secret-password" not in done.err
