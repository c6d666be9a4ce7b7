"""What a picture of a network shows: nodes, ties and what was left out, as plain data for pages and the API."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphcredit.network import LAYERS, Network, ego
from graphcredit.viz.layout import place
from graphcredit.viz.style import GRADE_COLOURS, GROUP_COLOURS, LAYER_STYLES, UNGRADED, grade_colour

Facts = list[list[str]]

WORDS = {
    "en": {
        "kind": "kind", "industry": "industry", "region": "region", "grade": "grade", "pd": "PD", "loss": "loss share",
        "amount": "amount", "share": "share", "ungraded": "no grade", "group": "group",
        "company": "company", "person": "person", "bank": "bank",
    },
    "zh": {
        "kind": "类型", "industry": "行业", "region": "地区", "grade": "等级", "pd": "违约概率", "loss": "损失比例",
        "amount": "金额", "share": "比例", "ungraded": "未评级", "group": "关联客户组",
        "company": "企业", "person": "自然人", "bank": "银行",
    },
}  # fmt: skip


def network_view(  # noqa: PLR0913  (each is a choice of the reader)
    network: Network,
    seed: str,
    *,
    depth: int = 2,
    limit: int = 200,
    layers: Sequence[str] | None = None,
    min_amount: float = 0.0,
    scores: Mapping[str, tuple[str, float]] | None = None,
    losses: Mapping[str, float] | None = None,
    groups: Callable[[str], str | None] | None = None,
    language: str = "en",
) -> dict[str, Any]:
    """A party's surroundings as data that network.js draws.

    Args:
        network: the whole network.
        seed: the party in the middle.
        depth, limit, layers, min_amount: see `graphcredit.network.ego`.
        scores: party -> (grade, PD).
        losses: party -> share of equity lost in a stress, colours nodes instead of grades.
        groups: names the largest group of connected clients of a party, for colours by group.
        language: en or zh.

    Raises:
        NotFoundError, ValueRangeError: as in `ego`.
    """
    found = ego(network, seed, depth=depth, limit=limit, layers=layers, min_amount=min_amount)
    sub = found.network
    words = WORDS[language]
    degree = sum(
        (np.diff(layer.matrix.indptr) + np.diff(layer.transposed.indptr) for layer in sub.layers.values()),
        np.zeros(sub.n),
    )
    member = {party: name for party in sub.ids.tolist() if groups and (name := groups(party)) is not None}
    told = _Told(scores or {}, losses, member, _group_colours(sub, member), words)
    at = _places(sub, found.distance)
    nodes = [
        _node(sub, k, seed=str(sub.ids[k]) == seed, degree=float(degree[k]), told=told)
        | {"x": float(at[k, 0]), "y": float(at[k, 1]), "distance": int(found.distance[k])}
        for k in range(sub.n)
    ]
    edges = [edge for name in LAYERS if name in sub.layers for edge in _edges(sub, name, language)]
    used = {edge["layer"] for edge in edges}
    grades = (
        [{"name": grade, "colour": colour} for grade, colour in GRADE_COLOURS.items()] if scores and not losses else []
    )
    return {
        "seed": seed,
        "as_of": network.as_of.isoformat() if network.as_of else None,
        "shown": sub.n,
        "omitted": found.omitted,
        "depth": depth,
        "nodes": nodes,
        "edges": edges,
        "layers": [
            {"id": name, "name": getattr(style, language), "colour": style.colour, "dashed": style.dashed}
            for name, style in LAYER_STYLES.items()
            if name in used
        ],
        "grades": grades,
        "groups": [{"id": name, "name": name, "colour": colour} for name, colour in told.colours.items()],
        "options": OPTIONS,
    }


OPTIONS: dict[str, Any] = {
    "physics": {"enabled": False},
    "layout": {"randomSeed": 7, "improvedLayout": False},
    "interaction": {
        "hover": True,
        "tooltipDelay": 120,
        "navigationButtons": False,
        "keyboard": {"enabled": True, "bindToWindow": False},
    },
    "nodes": {"scaling": {"min": 9, "max": 34}},
    "edges": {
        "scaling": {"min": 1, "max": 7, "label": {"enabled": False}},
        "smooth": {"enabled": True, "type": "continuous", "roundness": 0.35},
    },
}


def _text(network: Network, name: str, k: int) -> str:
    values = network.attributes.get(name)
    return "" if values is None else str(values[k])


def _places(sub: Network, distance: Any) -> Any:
    ties = [layer.matrix.tocoo().coords for layer in sub.layers.values()]
    ends = [
        np.concatenate([pair[k] for pair in ties]).astype(np.int64) if ties else np.zeros(0, np.int64) for k in (0, 1)
    ]
    return place(ends[0], ends[1], distance)


def _group_colours(sub: Network, groups: Mapping[str, str]) -> dict[str, str]:
    """A colour for each of the groups with most parties shown; the others share the colour of no group."""
    sizes: dict[str, int] = {}
    for party in sub.ids.tolist():
        if (name := groups.get(party)) is not None:
            sizes[name] = sizes.get(name, 0) + 1
    ranked = sorted((name for name, size in sizes.items() if size > 1), key=lambda name: (-sizes[name], name))
    return dict(zip(ranked, GROUP_COLOURS, strict=False))


@dataclass(frozen=True, slots=True)
class _Told:
    """What is known of the parties beside the network."""

    scores: Mapping[str, tuple[str, float]]
    losses: Mapping[str, float] | None
    groups: Mapping[str, str]
    colours: Mapping[str, str]
    words: Mapping[str, str]


def _node(sub: Network, k: int, *, seed: bool, degree: float, told: _Told) -> dict[str, Any]:
    party, kind, words = str(sub.ids[k]), _text(sub, "kind", k) or "company", told.words
    name = _text(sub, "name", k) or party
    grade, pd = told.scores.get(party, ("", math.nan))
    facts: Facts = [[name, ""], ["id", party], [words["kind"], words.get(kind, kind)]]
    facts += [[words[column], _text(sub, column, k)] for column in ("industry", "region") if _text(sub, column, k)]
    if grade:
        facts += [[words["grade"], grade], [words["pd"], f"{pd:.2%}"]]
    group = told.groups.get(party)
    if group:
        facts.append([words["group"], group])
    colours = {"grade": grade_colour(grade, kind), "group": told.colours.get(group or "", UNGRADED)}
    colour, loss = colours["grade"], None
    if told.losses is not None:
        loss = told.losses.get(party, 0.0)
        facts.append([words["loss"], f"{loss:.1%}"])
        colour = colours["loss"] = _heat(loss)
    return {
        "id": party,
        "name": name,
        "label": name if len(name) <= 14 else name[:13] + "…",
        "kind": kind,
        "grade": grade or None,
        "group": group,
        "pd": None if math.isnan(pd) else pd,
        "loss": loss,
        "size": math.sqrt(degree + 1),
        "shape": {"person": "triangle", "bank": "square"}.get(kind, "dot"),
        "colour": colour,
        "colours": colours,
        "seed": seed,
        "facts": facts,
    }


def _heat(loss: float) -> str:
    """From grey (nothing lost) to dark red (all lost)."""
    share = min(max(loss, 0.0), 1.0) ** 0.5
    low, high = (0xC9, 0xD2, 0xDA), (0x9B, 0x11, 0x1E)
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(low, high, strict=True))
    return f"#{red:02x}{green:02x}{blue:02x}"


def _edges(sub: Network, layer: str, language: str) -> list[dict[str, Any]]:
    style = LAYER_STYLES[layer]
    ties = sub.layer(layer).matrix.tocoo()
    verb, words = getattr(style, f"verb_{language}"), WORDS[language]
    made = []
    for a, b, weight in zip(ties.coords[0].tolist(), ties.coords[1].tolist(), ties.data.tolist(), strict=True):
        source, target = str(sub.ids[a]), str(sub.ids[b])
        first = _text(sub, "name", a) or source
        second = _text(sub, "name", b) or target
        money = layer not in ("ownership", "other")
        facts: Facts = [[f"{first} {verb} {second}", ""]]
        if money:
            facts.append([words["amount"], f"{weight:,.0f}"])
        elif layer == "ownership" and weight > 1e-6:
            facts.append([words["share"], f"{weight:.1%}"])
        kinds = [kind for kind, matrix in sub.layer(layer).kinds.items() if matrix[a, b]]
        facts += [[", ".join(kinds), ""]] if kinds else []
        made.append(
            {
                "source": source,
                "target": target,
                "layer": layer,
                "amount": weight,
                "width": math.log10(weight + 10) if money else 2.0,
                "colour": style.colour,
                "dashed": style.dashed,
                "facts": facts,
            }
        )
    return made
