"""Who stands behind the parties shown, worked out by hand."""

import pytest

from graphcredit.exc import NotFoundError
from graphcredit.network import network_from_edges
from graphcredit.viz import controllers

TIES = [
    ("p", "h", 0.9),
    ("h", "a", 0.6),
    ("h", "b", 0.51),
    ("p", "c", 0.8),
    ("q", "c", 0.2),
    ("q", "d", 0.5),
    ("q", "e", 1.0),
]


def test_an_owner_behind_a_holding_is_found_and_called_hidden() -> None:
    found = controllers(network_from_edges({"ownership": TIES}), ["a", "b", "c", "d", "e"])
    assert [(one.party_id, one.controlled, one.hidden) for one in found] == [("p", ("a", "b", "c"), True)]
    assert found[0].paths == (("p", "h", "a"), ("p", "h", "b"), ("p", "c"))


def test_half_of_the_shares_is_no_control_and_one_party_is_no_group() -> None:
    assert controllers(network_from_edges({"ownership": TIES}), ["d", "e"]) == []


def test_an_owner_in_the_picture_that_holds_directly_is_not_hidden() -> None:
    network = network_from_edges({"ownership": [("p", "a", 0.7), ("p", "b", 0.7)]})
    assert [one.hidden for one in controllers(network, ["a", "b", "p"])] == [False]
    assert [one.hidden for one in controllers(network, ["a", "b"])] == [True]


def test_a_ring_of_owners_ends() -> None:
    network = network_from_edges({"ownership": [("a", "b", 0.6), ("b", "a", 0.6), ("b", "c", 0.6)]})
    assert all(len(one.controlled) > 1 for one in controllers(network, ["a", "b", "c"]))


def test_an_unknown_party_is_named() -> None:
    with pytest.raises(NotFoundError, match="nobody"):
        controllers(network_from_edges({"ownership": TIES}), ["nobody"])
