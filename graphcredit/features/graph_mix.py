"""What mix of parties a party deals with: shares of the ends of its ties per frequent industry, region or other category.

Categories and kinds are known only when the facts are seen, so the group is dynamic. It is bounded whatever the data hold:
at most six categories over the four most frequent kinds, both ways, and over all ties together.
"""

import numpy as np
import pandas as pd

from graphcredit.features.context import Context, Floats
from graphcredit.features.graph_position import all_ties
from graphcredit.features.graph_typed import SIDES, kinds_of, mean_of_ends
from graphcredit.features.registry import Columns, Feature, feature_group
from graphcredit.features.ties import ones

MIX_KINDS, MOST_LEVELS, MOST_OF_ONE = 4, 6, 3
LEAST_SHARE = 0.02
"""Of the parties whose category is known; rarer ones would be noise."""


def levels_of(context: Context) -> list[tuple[str, str, str, Floats]]:
    """Frequent categories: column, its name, level, and 1.0 or 0.0 a party, nan where its category is unknown, (n,).

    The most frequent level of each attribute first, then the second ones; attributes in order of how well they are filled.
    One level of an attribute is left out, as the others tell it.
    """
    profile, given = context.figures("profile"), context.figures("attributes")
    columns = [("industry", "industry", profile["industry"]), ("region", "region", profile["region"])]
    described = [feature for feature in context.shared.get("attributes", []) if feature.kind == "categorical"]
    columns += [(feature.name, feature.en, given[feature.name]) for feature in described]
    found: list[tuple[int, int, str, str, str, Floats]] = []
    for key, name, values in columns:
        codes, levels = pd.factorize(np.asarray(values, dtype=object), sort=True)
        known = int((codes >= 0).sum())
        count = np.bincount(codes[codes >= 0], minlength=len(levels))
        order = sorted(range(len(levels)), key=lambda j: (-count[j], str(levels[j])))
        for rank, j in enumerate(order[: min(MOST_OF_ONE, len(levels) - 1)]):
            if count[j] >= LEAST_SHARE * known:
                flags = np.where(codes >= 0, (codes == j).astype(np.float64), np.nan)
                found.append((rank, -known, key, name, str(levels[j]), flags))
    found.sort(key=lambda entry: entry[:3])
    return [(key, name, level, flags) for _, _, key, name, level, flags in found[:MOST_LEVELS]]


@feature_group("typed_mix", "graph", dynamic=True)
def typed_mix(context: Context) -> Columns:
    """Share of the ends of each frequent category, per kind and direction and over all ties; nan where none is known."""
    columns: dict[str, Floats] = {}
    made: list[Feature] = []
    context.shared["typed_mix"] = made
    levels = levels_of(context)
    if not levels:
        return columns
    block = np.column_stack([flags for *_, flags in levels])
    sides = [(kind.name, kind.layer, towards, zh, kind.source, kind.side(towards))
             for kind in kinds_of(context)[:MIX_KINDS] for towards, zh in SIDES]  # fmt: skip
    for kind, layer, towards, zh, source, matrix in [*sides, ("around", "", "", "周围主体", (), all_ties(context))]:
        shares = mean_of_ends(ones(matrix), block)
        for j, (key, name, level, _) in enumerate(levels):
            column = "_".join(part for part in (kind, towards, "share", key, level) if part)
            columns[column] = shares[:, j]
            en = f"share of {name} {level} over " + (f"{kind} ties, {towards}" if towards else "all ties")
            zh_text = f"{zh}中{name}为{level}的占比" + (f"({kind})" if towards else "")
            made.append(
                Feature(column, "graph", "typed_mix", "share", ("parties", *source), en, zh_text,
                        layer=layer, towards=towards or "out")
            )  # fmt: skip
    return columns
