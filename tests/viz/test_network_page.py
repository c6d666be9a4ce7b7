"""The stand-alone network page."""

from graphcredit.network import network_from_edges
from graphcredit.viz import network_html, network_view

TIES = {"trade": [("a", "b", 50.0), ("b", "c", 5.0)], "guarantee": [("c", "a", 9.0)]}


def test_a_view_shows_nodes_ties_and_what_is_left_out() -> None:
    view = network_view(network_from_edges(TIES), "a", depth=1, limit=2, scores={"a": ("BBB", 0.01)})
    assert view["shown"] == 2
    assert view["omitted"] == 1
    seed = next(node for node in view["nodes"] if node["seed"])
    assert (seed["id"], seed["grade"]) == ("a", "BBB")


def test_guarantees_are_dashed_and_layers_are_in_the_legend() -> None:
    view = network_view(network_from_edges(TIES), "a")
    assert {edge["dashed"] for edge in view["edges"] if edge["layer"] == "guarantee"} == {True}
    assert {layer["id"] for layer in view["layers"]} == {"trade", "guarantee"}


def test_a_hostile_name_cannot_leave_its_place() -> None:
    name = "</script><script>alert(1)</script>"
    network = network_from_edges({"trade": [(name, "b", 1.0)]})
    html = network_html(network_view(network, name), language="zh")
    assert "<script>alert(1)" not in html


def test_losses_colour_nodes() -> None:
    view = network_view(network_from_edges(TIES), "a", losses={"a": 1.0, "b": 0.0})
    colours = {node["id"]: node["colour"] for node in view["nodes"]}
    assert colours["a"] != colours["b"] == colours["c"]
