from datetime import date

import numpy as np
import pytest

from graphcredit.exc import LabelError
from graphcredit.network import network_from_edges
from graphcredit.scoring import read_labels
from graphcredit.scoring.splits import assign_roles, connected_groups, repeated_folds
from tests.scoring.world import labels


def test_a_given_split_wins() -> None:
    read = read_labels(labels(np.array([0, 1, 0, 1]), split=["train", "test", "", "valid"]))
    roles = assign_roles(read)
    assert roles.method == "given"
    assert roles.role.tolist() == ["train", "test", "train", "valid"]
    with pytest.raises(LabelError, match="no label is marked train"):
        assign_roles(read_labels(labels(np.array([0, 1]), split=["test", "valid"])))


def test_dates_split_by_time_whole_dates_oldest_first() -> None:
    y = np.tile([0, 1], 60)
    days = np.repeat([date(2020, 1, 1), date(2021, 1, 1), date(2022, 1, 1), date(2023, 1, 1), date(2024, 1, 1)], 24)
    roles = assign_roles(read_labels(labels(y, observed_on=days)))
    assert roles.method == "time"
    assert roles.counts() == {"train": 72, "valid": 24, "test": 24}
    last = {role: max(days[roles.role == role]) for role in ("train", "valid")}
    assert last["train"] < min(days[roles.role == "valid"]) <= last["valid"] < min(days[roles.role == "test"])


def test_one_date_or_few_defaults_mean_cross_validation() -> None:
    assert assign_roles(read_labels(labels(np.tile([0, 1], 60)))).method == "cv"
    days = [date(2020, 1, 1)] * 60 + [date(2021, 1, 1)] * 60
    few = np.r_[np.tile([0, 1], 30), np.ones(5, int), np.zeros(55, int)]
    read = read_labels(labels(few, observed_on=days))
    assert assign_roles(read).method == "cv"
    with pytest.raises(LabelError, match="cannot be split by time"):
        assign_roles(read, "time")
    with pytest.raises(LabelError, match="carry no split"):
        assign_roles(read, "given")
    with pytest.raises(LabelError, match="unknown split method"):
        assign_roles(read, "luck")


def test_folds_are_stratified_disjoint_and_complete() -> None:
    y = np.r_[np.ones(23, int), np.zeros(100, int)]
    repeats = repeated_folds(y, folds=5, repeats=3, seed=1)
    assert len(repeats) == 3
    for folds in repeats:
        assert sorted(np.concatenate([held for _, held in folds]).tolist()) == list(range(123))
        assert all(4 <= y[held].sum() <= 5 for _, held in folds)
        assert all(not set(learn) & set(held) for learn, held in folds)
    again = repeated_folds(y, folds=5, repeats=3, seed=1)
    assert all((a[1] == b[1]).all() for x, z in zip(repeats, again, strict=True) for a, b in zip(x, z, strict=True))


def test_groups_stay_on_one_side() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 30, 120)
    y = rng.integers(0, 2, 120)
    for folds in repeated_folds(y, folds=4, repeats=2, groups=groups):
        for learn, held in folds:
            assert not set(groups[learn]) & set(groups[held])


def test_connected_groups_by_control_and_guarantee() -> None:
    network = network_from_edges(
        {"ownership": [("h", "a", 0.8), ("h", "b", 0.3)], "guarantee": [("c", "d", 5.0)]}, ids=["e"]
    )
    group = dict(zip("habcde", connected_groups(network, list("habcde")), strict=True))
    assert group["h"] == group["a"] != group["b"]
    assert group["c"] == group["d"]
    assert len({group[x] for x in "hbce"}) == 4
    assert len(set(connected_groups(network, ["x", "y"]))) == 2
