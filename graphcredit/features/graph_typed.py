"""Each kind of tie by itself: roles, weights, whom it comes from, what its ends are like, who in default is at them.

On real default data these carry over from year to year better than anything else. Kinds are known only when the facts are
seen, so the groups are dynamic; the most frequent kinds are taken, in an order that does not depend on chance.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from graphcredit.features.behaviour import known_defaults
from graphcredit.features.context import Context, Floats
from graphcredit.features.graph_position import all_ties
from graphcredit.features.registry import Columns, Feature, feature_group
from graphcredit.features.ties import ones, row_counts, row_max, row_share, row_sums
from graphcredit.network import LAYERS, OTHER, OWNERSHIP

DEGREE_KINDS, SOURCE_KINDS, NEIGHBOUR_KINDS = 40, 20, 8
MOST_FIGURES = 8
SIDES = (("out", "其指向的主体"), ("in", "指向它的主体"))


@dataclass(frozen=True)
class Kind:
    """One kind of tie, seen from both ends."""

    name: str
    layer: str
    out: sparse.csr_array
    into: sparse.csr_array

    @property
    def source(self) -> tuple[str, ...]:
        """The table it comes from."""
        return ("ownership",) if self.layer == OWNERSHIP else ("relations",)

    def side(self, towards: str) -> sparse.csr_array:
        """Ties to whom it points ("out"), or from whom they come ("in")."""
        return self.out if towards == "out" else self.into


def kinds_of(context: Context) -> list[Kind]:
    """Kinds of ownership and of other relations, most ties first, at most 40."""
    if "kinds" not in context.shared:
        found = [
            (layer, name, matrix)
            for layer in (OWNERSHIP, OTHER)
            for name, matrix in context.network.layer(layer).kinds.items()
        ]
        found.sort(key=lambda entry: (-entry[2].nnz, entry[0], entry[1]))
        names = [name for _, name, _ in found]
        twice = {name for name in names if names.count(name) > 1} | {*LAYERS, "around"}  # never two columns of one name
        context.shared["kinds"] = [
            Kind(f"{layer}_{name}" if name in twice else name, layer, matrix, sparse.csr_array(matrix.T.tocsr()))
            for layer, name, matrix in found[:DEGREE_KINDS]
        ]
    made: list[Kind] = context.shared["kinds"]
    return made


class _Made:
    """Columns and their descriptions, side by side."""

    def __init__(self, context: Context, group: str) -> None:
        self.group, self.columns, self.features = group, dict[str, Floats](), list[Feature]()
        context.shared[group] = self.features

    def add(
        self, kind: Kind, name: str, values: Floats, unit: str, en: str, zh: str, towards: str, sign: int = 0
    ) -> None:
        """One column named after its kind."""
        key = f"{kind.name}_{name}"
        self.columns[key] = values
        self.features.append(
            Feature(key, "graph", self.group, unit, kind.source, en, zh, sign, layer=kind.layer, towards=towards)
        )


@feature_group("typed_degrees", "graph", dynamic=True)
def typed_degrees(context: Context) -> Columns:
    """log(1 + count) and log(1 + weight) per kind and direction: which roles a party plays."""
    made = _Made(context, "typed_degrees")
    for kind in kinds_of(context):
        for towards, zh in (("out", "出"), ("in", "入")):
            matrix = kind.side(towards)
            for what, values in (("degree", row_counts(matrix)), ("strength", row_sums(matrix))):
                text = f"{kind.name}关系{zh}({'数' if what == 'degree' else '权重'})"
                made.add(kind, f"{towards}_{what}", np.log1p(values), f"log(1 + {what})",
                         f"{kind.name} ties, {towards} ({what})", text, towards)  # fmt: skip
    return made.columns


@feature_group("typed_sources", "graph", dynamic=True)
def typed_sources(context: Context) -> Columns:
    """Persons or firms behind the ties, weights against registered capital, and meta-paths over a common end."""
    made = _Made(context, "typed_sources")
    person = (context.network.attributes["kind"] == "person").astype(np.float64)
    capital = np.nan_to_num(context.network.attributes["registered_capital"].astype(np.float64))
    capital = np.where(capital > 0, capital, np.nan)
    for kind in kinds_of(context)[:SOURCE_KINDS]:
        name, into, out = kind.name, kind.into, kind.out
        count, weight = row_counts(into), row_sums(into)
        by_persons = np.asarray(into @ person)
        runs, held_by = row_counts(out), row_counts(into)
        some = count > 0

        def known(values: Floats, some: np.ndarray = some) -> Floats:
            return np.where(some, values, np.nan)

        made.add(kind, "from_persons", np.log1p(np.asarray(ones(into) @ person)), "log(1 + count)",
                 f"persons with {name} ties to it", f"{name}关系自然人数", "in")  # fmt: skip
        with np.errstate(divide="ignore", invalid="ignore"):
            part = known(by_persons / weight)
        made.add(
            kind,
            "persons_share",
            part,
            "share",
            f"weight of {name} ties that comes from persons",
            f"{name}自然人占比",
            "in",
        )
        made.add(kind, "to_capital", np.log1p(weight / capital), "log(1 + ratio)",
                 f"weight of {name} ties against registered capital", f"{name}权重与注册资本比", "in")  # fmt: skip
        made.add(kind, "persons_to_capital", np.log1p(by_persons / capital), "log(1 + ratio)",
                 f"weight of {name} ties from persons against registered capital",
                 f"{name}自然人权重与注册资本比", "in")  # fmt: skip
        siblings = np.asarray(ones(into) @ runs) - count
        made.add(kind, "siblings", np.log1p(siblings), "log(1 + count)",
                 f"others with a {name} tie from the same party", f"{name}同源主体数", "in")  # fmt: skip
        partners = np.asarray(ones(out) @ held_by) - row_counts(out)
        made.add(kind, "partners", np.log1p(partners), "log(1 + count)",
                 f"others with a {name} tie to the same party", f"{name}同指主体数", "out")  # fmt: skip
        reach = sparse.csr_array((runs[into.indices], into.indices, into.indptr), shape=into.shape)
        made.add(kind, "source_reach", known(np.log1p(row_max(reach))), "log(1 + count)",
                 f"most {name} ties of one party behind it", f"{name}来源方最大关系数", "in")  # fmt: skip
    return made.columns


@feature_group("typed_defaults", "graph", dynamic=True)
def typed_defaults(context: Context) -> Columns:
    """Ends of ties of each kind that are known to be in default on the day, either direction."""
    made = _Made(context, "typed_defaults")
    bad = known_defaults(context)
    for kind in kinds_of(context)[:SOURCE_KINDS]:
        for towards, zh in SIDES:
            made.add(kind, f"{towards}_defaulted", np.asarray(ones(kind.side(towards)) @ bad), "count",
                     f"parties in default over {kind.name} ties, {towards}",
                     f"{zh}违约数({kind.name})", towards, 1)  # fmt: skip
    return made.columns


def figures_of(context: Context) -> list[tuple[str, str, str, Floats]]:
    """Own numbers that every data set has, and its numeric attributes (best filled first): key, name, unit, values (n,)."""
    profile, degrees = context.figures("profile"), row_counts(all_ties(context))
    found = [
        ("degree", "ties", "log(1 + count)", np.log1p(degrees)),
        ("registered_capital", "registered capital", "log(1 + CNY)", profile["registered_capital"]),
        ("age_years", "age", "years", profile["age_years"]),
    ]
    given = context.figures("attributes")
    numeric = [f for f in context.shared.get("attributes", []) if f.kind == "numeric"]
    numeric.sort(key=lambda feature: (-int(np.isfinite(given[feature.name]).sum()), feature.name))
    for feature in numeric[: MOST_FIGURES - len(found)]:
        values = given[feature.name]
        found.append((feature.name, feature.en, "log(1 + amount)", np.sign(values) * np.log1p(np.abs(values))))
    return found


@feature_group("typed_neighbours", "graph", dynamic=True)
def typed_neighbours(context: Context) -> Columns:
    """Means of the ends' own figures per kind and direction, and diffused over one to three steps of any tie."""
    made = _Made(context, "typed_neighbours")
    figures = figures_of(context)
    block = np.column_stack([values for *_, values in figures])
    for kind in kinds_of(context)[:NEIGHBOUR_KINDS]:
        for towards, zh in SIDES:
            means = mean_of_ends(ones(kind.side(towards)), block)
            for j, (key, name, unit, _) in enumerate(figures):
                made.add(kind, f"{towards}_mean_{key}", means[:, j], unit, f"mean {name} over {kind.name} ties, {towards}",
                         f"{zh}平均{name}({kind.name})", towards)  # fmt: skip
    step = row_share(all_ties(context))
    around = Kind("around", "", step, step)
    for hop in (1, 2, 3):
        block = mean_of_ends(step, block)
        for j, (key, name, unit, _) in enumerate(figures):
            made.add(
                around,
                f"{hop}_{key}",
                block[:, j],
                unit,
                f"mean {name}, {hop} steps away",
                f"{hop}步邻居平均{name}",
                "out",
            )
    return made.columns


def mean_of_ends(matrix: sparse.csr_array, block: Floats) -> Floats:
    """Per row and column the weighted mean at the row's ends, nan where none is known; block and result (n, k)."""
    known = np.isfinite(block)
    weight = np.asarray(matrix @ known.astype(np.float64))
    total = np.asarray(matrix @ np.where(known, block, 0.0))
    return np.asarray(np.divide(total, weight, out=np.full(block.shape, np.nan), where=weight > 0))
