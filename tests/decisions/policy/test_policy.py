"""The policy as data: gaps, overlaps, sources, differences, versions in force."""

import copy
from datetime import date
from typing import Any

import pytest
import yaml

from graphcredit.decisions import (
    adopt_policy,
    check_policy,
    decide,
    default_policy,
    diff_policies,
    load_policy,
    policy_in_force,
)
from graphcredit.decisions.policy.load import parse_policy, policy_from
from graphcredit.exc import ConflictError, PolicyError
from graphcredit.store import CreditStore
from tests.decisions.world import DAY, build, factoring


def content() -> dict[str, Any]:
    return copy.deepcopy(default_policy().model_dump(mode="json"))


def broken(change: Any) -> str:
    made = content()
    change(made)
    with pytest.raises(PolicyError) as error:
        policy_from(made)
    return str(error.value)


def test_shipped_policy_is_valid_and_every_number_has_a_source() -> None:
    policy = default_policy()
    assert check_policy(policy) == []
    numbers = list(policy.numbers())
    assert len(numbers) > 90
    assert all(len(source) >= 3 for _, _, source in numbers)
    assert policy.scale.grade(0.005) == "BBB"


def grade(made: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in made["master_scale"]["grades"] if row["grade"] == name)


def test_gaps_and_overlaps_of_grades_are_named() -> None:
    assert "gap between AA and A" in broken(lambda made: grade(made, "A").update(pd_from="0.002"))
    assert "AA and A overlap" in broken(lambda made: grade(made, "A").update(pd_from="0.0009"))
    assert "cover PDs from 0 to 1" in broken(lambda made: grade(made, "D").update(pd_to="0.99"))
    assert "a worse grade never gets more" in broken(lambda made: grade(made, "A").update(limit_factor="0.95"))


def test_other_faults_are_named() -> None:
    assert "approval levels 0 and 1" in broken(lambda made: made["approval"]["levels"][1].update(up_to="5"))
    assert "no upper amount" in broken(lambda made: made["approval"]["levels"][-1].update(up_to="5"))
    assert "source" in broken(lambda made: made["pricing"]["funding"].pop("source"))
    assert "unknown products ['forfaiting']" in broken(
        lambda made: made["products"].update(forfaiting=made["products"].pop("dynamic_discount"))
    )
    assert "lacks dscr_min" in broken(lambda made: made["products"]["loan"]["numbers"].pop("dscr_min"))
    assert "Extra inputs" in broken(lambda made: made.update(colour="red"))
    assert "not in the master scale" in broken(lambda made: made["blocking"].update(worst_grade="E"))


def test_a_key_given_twice_and_text_that_is_no_yaml() -> None:
    with pytest.raises(PolicyError, match="given twice"):
        parse_policy("a: 1\na: 2\n")
    with pytest.raises(PolicyError, match="not YAML"):
        parse_policy("a: [1")
    with pytest.raises(PolicyError, match="holds no policy"):
        parse_policy("- 1")
    with pytest.raises(PolicyError, match="cannot be read"):
        load_policy("/nowhere/policy.yaml")


def test_yaml_round_trip_is_exact(tmp_path: Any) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(yaml.safe_dump(content(), allow_unicode=True), encoding="utf-8")
    assert diff_policies(default_policy(), load_policy(file)) == []


def changed(version: str, begins: date, **more: Any) -> Any:
    made = content() | {"version": version, "effective_from": begins.isoformat()}
    made["products"]["factoring"]["advance_rate"]["value"] = more.get("advance", "0.70")
    return policy_from(made)


def test_diff_names_each_change() -> None:
    found = {
        change.where: (change.old, change.new)
        for change in diff_policies(default_policy(), changed("2", date(2026, 7, 1)))
    }
    assert found == {
        "products.factoring.advance_rate.value": ("0.80", "0.70"),
        "version": ("1.0.0", "2"),
        "effective_from": ("2000-01-01", "2026-07-01"),
    }


def test_policies_come_into_force_by_date_and_never_over_old_decisions(duckdb_store: CreditStore) -> None:
    store = build(duckdb_store)
    decide(store, factoring(), as_of=DAY)
    with pytest.raises(PolicyError, match="would change 1 decisions already taken"):
        adopt_policy(store, changed("2", date(2026, 6, 1)), by="head", today=date(2026, 7, 1))
    adopt_policy(store, changed("2", date(2026, 7, 2)), by="head", today=date(2026, 7, 1))
    assert policy_in_force(store, DAY).version == "1.0.0"
    assert policy_in_force(store, date(2026, 7, 2)).version == "2"
    with pytest.raises(ConflictError, match="adopted already"):
        adopt_policy(store, changed("2", date(2026, 7, 2), advance="0.60"), by="head", today=date(2026, 7, 1))


def test_tolerances_of_quantities_are_shares_and_an_older_policy_may_have_none() -> None:
    wide = content()
    wide["trade"]["over_delivery"]["value"] = "1.5"
    with pytest.raises(PolicyError, match=r"trade\.over_delivery is a share, at most 1"):
        policy_from(wide)
    assert policy_from({name: part for name, part in content().items() if name != "trade"}).trade is None
