"""Re-rating keeps the day's ratings, so that migration sees them; alerts take the policy's thresholds."""

from pathlib import Path

import pytest

from tests.support.demo import Demo, graphcredit

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def own(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return demo.copy(tmp_path_factory.mktemp("rerate") / "demo")


def rerated(own: Demo, since: str, day: str) -> int:
    body = graphcredit("rerate", "--since", since, "--as-of", day, "--store", own.url, "--json").json
    return int(body["rated"])


def test_rerating_on_several_days_is_a_history_that_migration_sees(own: Demo) -> None:
    assert rerated(own, "2024-05-31", "2024-06-30") > 100
    assert rerated(own, "2025-05-31", "2025-06-30") > 100
    assert rerated(own, "2025-05-31", "2025-06-30") == 0  # the same ratings once
    seen = graphcredit("migration", "--until", "2025-06-30", "--store", own.url, "--json")
    assert seen.code == 0, seen.err
    assert seen.json["parties"] > 100


def test_alerts_take_the_policys_thresholds_unless_told_otherwise(own: Demo, tmp_path: Path) -> None:
    days = ("--since", "2026-03-31", "--as-of", "2026-06-30", "--store", own.url, "--json")
    shipped = graphcredit("alerts", *days).json["alerts"]
    loud = graphcredit("alerts", *days, "--notches", "1").json["alerts"]
    assert {a["alert_id"] for a in shipped} < {a["alert_id"] for a in loud}
    sources = {f["source"] for a in shipped for f in a["figures"] if f["name"] == "threshold"}
    assert all(source.startswith("policy ") and source.endswith(" monitoring") for source in sources)
    wrong = graphcredit("alerts", *days, "--drop", "many")
    assert (wrong.code, "is not a share" in wrong.err) == (2, True)
