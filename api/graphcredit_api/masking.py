"""Parties outside a reader's portfolios, made unnamed wherever an answer about others would name them."""

import re
from collections.abc import Collection, Iterable
from typing import Any


def masked(value: Any, hidden: Iterable[str], names: Iterable[str] = ()) -> Any:
    """`value` with each hidden id as "?1", "?2", ... and each hidden name as "?", in every text of it.

    The same id is the same mark throughout, so that ties and paths still fit together.
    """
    marks = {party: f"?{number}" for number, party in enumerate(sorted(set(hidden)), 1) if party}
    tokens = {**{name: "?" for name in names if name}, **marks}
    if not tokens:
        return value
    longest_first = sorted(tokens, key=len, reverse=True)
    pattern = re.compile("|".join(re.escape(token) for token in longest_first))

    def walk(node: Any) -> Any:
        if isinstance(node, str):
            return pattern.sub(lambda found: tokens[found.group()], node)
        if isinstance(node, dict):
            return {walk(name): walk(each) for name, each in node.items()}
        if isinstance(node, list | tuple):
            return [walk(each) for each in node]
        return node

    return walk(value)


def mask_view(view: dict[str, Any], seen: Collection[str] | None) -> dict[str, Any]:
    """A picture of a network in which only the reader's own parties are named."""
    if seen is None:
        return view
    foreign = [node for node in view["nodes"] if node["id"] not in seen]
    bare = [
        {**node, "name": "?", "label": "?", "title": "?", "facts": [], "grade": None} if node in foreign else node
        for node in view["nodes"]
    ]
    names = {str(node.get("name", "")) for node in foreign}
    found: dict[str, Any] = masked({**view, "nodes": bare}, (node["id"] for node in foreign), names)
    return found
