"""The registry: every feature's name, unit, source and as-of rule, from which docs, reasons and the API are made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Family = Literal["tabular", "graph", "label"]
Columns = Mapping[str, npt.NDArray[Any]]
AS_OF = "facts recorded by the date and holding on it"


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the matrix.

    Attributes:
        name: of the column.
        family: tabular (the party's own facts), graph (its ties), label (other parties' outcomes).
        group: finer family by which features are chosen and explained.
        unit: CNY, share, days, count, ... ; log(1 + x) where it says so.
        source: the tables it is computed from.
        en, zh: what a person reads.
        sign: +1 a higher value means more risk, -1 less, 0 unknown; constrains models.
        changeable: whether the party can change it; counterfactuals move only these.
        kind: numeric or categorical.
        as_of_rule: which facts count.
        layer: for graph features the layer whose ties are its evidence.
        towards: "out" where the evidence is whom the party's rows point to, "in" for the other end.
    """

    name: str
    family: Family
    group: str
    unit: str
    source: tuple[str, ...]
    en: str
    zh: str
    sign: int = 0
    changeable: bool = False
    kind: Literal["numeric", "categorical"] = "numeric"
    as_of_rule: str = AS_OF
    layer: str = ""
    towards: str = "out"

    @property
    def label(self) -> dict[str, str]:
        """Names by language."""
        return {"en": self.en, "zh": self.zh}


Compute = Callable[[Any], Columns]


@dataclass(frozen=True, slots=True)
class Group:
    """Features computed together; `dynamic` ones are known only when the facts are seen (attributes, relation kinds)."""

    name: str
    family: Family
    compute: Compute
    features: tuple[Feature, ...]
    dynamic: bool = False


GROUPS: dict[str, Group] = {}


def feature_group(name: str, family: Family, *features: Feature, dynamic: bool = False) -> Callable[[Compute], Compute]:
    """Register a function that computes a group of features from a Context."""

    def register(function: Compute) -> Compute:
        if name in GROUPS:
            raise ValueError(f"feature group {name} is registered twice")
        GROUPS[name] = Group(name, family, function, features, dynamic)
        return function

    return register


def registered() -> tuple[Feature, ...]:
    """Every feature that is known beforehand."""
    return tuple(feature for group in GROUPS.values() for feature in group.features)


def describe(group: str, family: Family, source: tuple[str, ...], **common: Any) -> Callable[..., Feature]:
    """A shorthand for many features of one group: name, unit, English, Chinese, and what differs."""

    def make(name: str, unit: str, en: str, zh: str, **own: Any) -> Feature:
        return Feature(name, family, group, unit, source, en, zh, **{**common, **own})

    return make


def share(part: npt.NDArray[np.float64], whole: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """part / whole, nan where there is no whole."""
    return np.asarray(np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole != 0))
