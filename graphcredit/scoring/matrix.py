"""What scoring asks of a feature matrix, and the one place where it is checked before use."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Protocol

import numpy as np
import pandas as pd

from graphcredit.exc import InputError, ValueRangeError

FAMILIES = ("tabular", "graph", "label")
FEATURE_SETS = ("tabular", "graph", "all")


class FeatureLike(Protocol):
    """One described column; see `graphcredit.features.Feature`."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def family(self) -> str: ...  # noqa: D102
    @property
    def group(self) -> str: ...  # noqa: D102
    @property
    def unit(self) -> str: ...  # noqa: D102
    @property
    def label(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def sign(self) -> int: ...  # noqa: D102
    @property
    def changeable(self) -> bool: ...  # noqa: D102


class MatrixLike(Protocol):
    """Features of parties as of one date; see `graphcredit.features.FeatureMatrix`."""

    @property
    def frame(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def features(self) -> Sequence[Any]: ...  # noqa: D102
    @property
    def as_of(self) -> date | datetime | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class FeatureInfo:
    """What a model remembers of a feature, in plain values.

    Attributes:
        name: the column.
        family: tabular, graph or label (computed from other parties' outcomes).
        group: finer family by which features are chosen.
        unit: as printed behind a value.
        label_en, label_zh: what a person reads.
        sign: +1 a higher value means more risk, -1 less, 0 unknown.
        changeable: whether a party can change it; counterfactuals move only these.
        towards: for graph features, "out" where the ties behind it run from the party, "in" where they run to it.
    """

    name: str
    family: str = "tabular"
    group: str = ""
    unit: str = ""
    label_en: str = ""
    label_zh: str = ""
    sign: int = 0
    changeable: bool = False
    towards: str = "out"

    @classmethod
    def of(cls, feature: FeatureLike) -> "FeatureInfo":
        """The plain values of a registered feature."""
        label = feature.label
        return cls(
            name=feature.name,
            family=feature.family,
            group=feature.group or feature.family,
            unit=feature.unit or "",
            label_en=label.get("en", feature.name),
            label_zh=label.get("zh", label.get("en", feature.name)),
            sign=int(feature.sign or 0),
            changeable=bool(feature.changeable),
            towards=str(getattr(feature, "towards", "out")),
        )

    def label(self, language: str) -> str:
        """Its name in English or Chinese."""
        return (self.label_zh if language == "zh" else self.label_en) or self.name

    def body(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)


def in_feature_set(feature: FeatureInfo, feature_set: str) -> bool:
    """Whether a feature belongs to `tabular`, `graph` (label-aware ones included) or `all`."""
    if feature_set == "all":
        return True
    return (feature.family == "tabular") == (feature_set == "tabular")


def infos(matrix: MatrixLike) -> tuple[FeatureInfo, ...]:
    """Descriptions of a matrix's columns, in order; a column nobody described is a tabular attribute."""
    known = {feature.name: FeatureInfo.of(feature) for feature in matrix.features}
    return tuple(
        known.get(name, FeatureInfo(name, label_en=name, label_zh=name)) for name in map(str, matrix.frame.columns)
    )


def require_columns(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Raise where a model's feature is not a column.

    Raises:
        InputError: names the missing features.
    """
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise InputError(
            f"the matrix lacks {len(missing)} of the model's features: {', '.join(missing[:5])}",
            remedy="build features with the release the model was trained with, or train again",
            missing=missing,
        )


MOST_ABSENT = 0.5


def with_columns(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """`frame` with columns of nan for features that exist only where facts of their kind do (a relation, an attribute).

    A matrix of another day may lack some of them; one that lacks more than half of what a model reads is another matrix.
    What is there is `frame`'s own memory, so the result is to be read only.

    Raises:
        InputError: names the missing features.
    """
    missing = [name for name in names if name not in frame.columns]
    if not missing:
        return frame
    if len(missing) > MOST_ABSENT * len(names):
        require_columns(frame, names)
    columns = {name: frame[name] for name in frame.columns}
    columns |= {name: pd.Series(np.nan, index=frame.index) for name in missing}
    return pd.DataFrame(columns, copy=False)  # not by concat, which copies all of a large matrix twice


def require_finite(frame: pd.DataFrame) -> None:
    """Raise where a numeric value is infinite; missing values are fine.

    Raises:
        ValueRangeError: names features and how many values are infinite.
    """
    bad: dict[str, int] = {}
    for name in frame.columns:
        column = frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(column):
            continue
        count = int(np.isinf(column.to_numpy(dtype=np.float64, na_value=np.nan)).sum())
        if count:
            bad[str(name)] = count
    if bad:
        first, count = next(iter(bad.items()))
        raise ValueRangeError(
            f"{len(bad)} features hold infinite values, first {first!r} ({count} values)",
            remedy="leave unknown values empty; mend the division or unit that produced infinity",
            features=bad,
        )
