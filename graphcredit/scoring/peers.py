"""What is usual: training medians by industry, and the distributions that later drift is measured against."""

import math
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcredit.scoring.kernels import Floats

MIN_PEERS = 20


class Peers:
    """Training medians (modes of categories) per feature, for all and per industry with at least twenty parties.

    Attributes:
        names: features, length p.
        industries: codes with medians of their own, length k.
        medians: shape (k + 1, p); the first row is for all parties; nan where unknown or a category.
        counts: parties behind each row, shape (k + 1,).
        modes: feature -> most frequent level, for categories.
    """

    def __init__(
        self,
        names: list[str],
        industries: list[str],
        medians: Floats,
        counts: npt.NDArray[np.int64],
        modes: dict[str, str],
    ) -> None:
        self.names = names
        self.industries = industries
        self.medians = medians
        self.counts = counts
        self.modes = modes

    @classmethod
    def of(cls, frame: pd.DataFrame, industries: npt.NDArray[np.object_]) -> "Peers":
        """Medians of a training frame; `industries` shape (n,), "" where unknown."""
        numeric = [
            str(name)
            for name in frame.columns
            if not isinstance(frame[name].dtype, pd.CategoricalDtype) and pd.api.types.is_numeric_dtype(frame[name])
        ]
        modes = {
            str(name): str(frame[name].mode().iloc[0])
            for name in frame.columns
            if str(name) not in numeric and frame[name].notna().any()
        }
        numbers = frame[numeric].to_numpy(dtype=np.float64, na_value=np.nan)
        names, inverse, counts = np.unique(industries.astype(str), return_inverse=True, return_counts=True)
        chosen = [i for i, name in enumerate(names) if name and counts[i] >= MIN_PEERS]
        rows = [_median(numbers)] + [_median(numbers[inverse == i]) for i in chosen]
        sizes = np.array([len(frame), *(counts[i] for i in chosen)], dtype=np.int64)
        return cls(numeric, [str(names[i]) for i in chosen], np.stack(rows), sizes, modes)

    def usual(self, feature: str, industry: str) -> tuple[float | str | None, str, int]:
        """(median or mode, the industry it is of or "" for all, parties behind it)."""
        if feature in self.modes:
            return self.modes[feature], "", int(self.counts[0])
        columns, rows = _places(self)
        j, i = columns.get(feature), rows.get(industry)
        if j is None:
            return None, "", 0
        if i is not None and not math.isnan(own := float(self.medians[i, j])):
            return own, industry, int(self.counts[i])
        value = float(self.medians[0, j])
        return (None if math.isnan(value) else value), "", int(self.counts[0])


_PLACES: "WeakKeyDictionary[Peers, tuple[dict[str, int], dict[str, int]]]" = WeakKeyDictionary()


def _places(peers: Peers) -> tuple[dict[str, int], dict[str, int]]:
    """Column of each feature and row of each industry; beside the object, whose fields are what is saved of it."""
    found = _PLACES.get(peers)
    if found is None:
        columns = {name: j for j, name in enumerate(peers.names)}
        found = _PLACES[peers] = (columns, {name: i for i, name in enumerate(peers.industries, 1)})
    return found


def _median(numbers: Floats) -> Floats:
    out = np.full(numbers.shape[1], np.nan)
    known = ~np.isnan(numbers).all(axis=0)
    if len(numbers) and known.any():
        out[known] = np.nanmedian(numbers[:, known], axis=0)
    return out


def industries_of(matrix: Any) -> npt.NDArray[np.object_]:
    """Industry of each row of a matrix, "" where unknown; shape (n,)."""
    if (known := getattr(matrix, "industries", None)) is not None:
        return np.asarray(known, dtype=object)
    frame: pd.DataFrame = matrix.frame
    if "industry" in frame.columns:
        column = frame["industry"]
        levels = column if isinstance(column.dtype, pd.CategoricalDtype) else column.astype("category")
        table = np.array([*map(str, levels.cat.categories), ""], dtype=object)
        return np.asarray(table[levels.cat.codes.to_numpy()], dtype=object)
    network: Any = getattr(matrix, "network", None)
    values = None if network is None else network.attributes.get("industry")
    if values is None:
        return np.full(len(frame), "", dtype=object)
    index = network.index
    at = [index.get(party, -1) for party in frame.index]
    return np.array([str(values[i]) if i >= 0 else "" for i in at], dtype=object)


def row_prints(frame: pd.DataFrame, names: Sequence[str]) -> npt.NDArray[np.uint64]:
    """A hash per row of the named columns, for finding the same row again; shape (n,)."""
    plain = pd.DataFrame(
        {
            name: frame[name].astype("string").fillna("")
            if isinstance(frame[name].dtype, pd.CategoricalDtype) or frame[name].dtype == object
            else frame[name].astype(np.float64)
            for name in names
        }
    )
    return np.asarray(pd.util.hash_pandas_object(plain, index=False).to_numpy(), dtype=np.uint64)
