"""`graphcredit book`: the sample's book with facilities, before and after stress."""

from decimal import Decimal

import pytest

from tests.support.demo import Demo, graphcredit

pytestmark = pytest.mark.xdist_group("demo")
D = Decimal


def test_the_samples_full_book_before_and_after_each_stress(demo: Demo) -> None:
    body = graphcredit("book", "--store", demo.url, "--json").json
    full = body["full"]
    assert full["parties"] > 20
    assert 0 < D(full["expected_loss"]) < D(full["value_at_risk"]) < D(full["expected_shortfall"]) < D(full["exposure"])
    after = {each["scenario"]: each["after"] for each in body["stress"]}
    for name in ("mild_recession", "severe_recession", "largest_three_fail"):
        assert D(after[name]["expected_loss"]) > D(full["expected_loss"])
    assert D(after["severe_recession"]["value_at_risk"]) > D(after["mild_recession"]["value_at_risk"])
    shown = graphcredit("book", "--scenario", "severe_recession", "--store", demo.url).out.splitlines()
    names = ("book", "decided", "with facilities", "after severe recession")
    assert all(line.startswith(name) for line, name in zip(shown, names, strict=False))
    assert len(shown) == 5


def test_a_scenario_that_the_policy_does_not_name(demo: Demo) -> None:
    done = graphcredit("book", "--scenario", "meteor", "--store", demo.url)
    assert done.code == 3
    assert "scenario 'meteor' is not in policy default@1.0.0" in done.err
    assert "severe_recession" in done.err
