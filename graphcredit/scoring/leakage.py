"""Signs that the answer is already in the question."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from graphcredit.scoring.dataset import Dataset
from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.splits import Roles
from graphcredit.store.base import CreditStore

SEPARATES = 0.95


@dataclass(frozen=True)
class LeakageReport:
    """Warnings of a leakage check, one sentence each, with the facts behind them.

    Features recorded after a label's date never get this far: `join_features` refuses them.
    """

    warnings: list[str] = field(default_factory=list)
    separating: dict[str, float] = field(default_factory=dict)
    duplicates: int = 0
    already_defaulted: int = 0

    def body(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "warnings": self.warnings,
            "separating": self.separating,
            "duplicates": self.duplicates,
            "already_defaulted": self.already_defaulted,
        }


def check_leakage(data: Dataset, roles: Roles, store: CreditStore | None = None) -> LeakageReport:
    """Warn of features that alone separate, rows on both sides of a split, and labels known before they happened.

    Args:
        data: joined rows.
        roles: their splits.
        store: read for defaults that were already recorded by the label's date; left out when None.
    """
    warnings: list[str] = []
    separating = lone_separators(data)
    for name, auc in separating.items():
        warnings.append(
            f"feature {name} alone separates defaults from others (AUC {auc:.3f} > {SEPARATES}): "
            "check that it was known before the default"
        )
    duplicates = duplicates_across(data, roles)
    if duplicates:
        warnings.append(f"{duplicates} rows outside train have a twin in train: the test would be too kind")
    already = already_defaulted(data, store) if store is not None else 0
    if already:
        warnings.append(
            f"{already} of {int(data.y.sum())} defaults were already on record on the label's date: "
            "a feature of own credit events knows the label"
        )
    return LeakageReport(warnings, separating, duplicates, already)


def single_auc(values: Floats, y: npt.NDArray[np.int64]) -> float:
    """AUC of one column either way round (0.5 to 1), missing values ranked as one tie below all others."""
    filled = np.where(np.isnan(values), -np.inf, values)
    rank = rankdata(filled)
    bad = int(y.sum())
    good = len(y) - bad
    if bad == 0 or good == 0:
        return 0.5
    auc = (rank[y == 1].sum() - bad * (bad + 1) / 2) / (bad * good)
    return float(max(auc, 1 - auc))


def lone_separators(data: Dataset) -> dict[str, float]:
    """Features whose own AUC (of the value, or of being missing) exceeds .95; a category by its levels' rates."""
    found: dict[str, float] = {}
    y = data.y
    for name in map(str, data.X.columns):
        column = data.X[name]
        if isinstance(column.dtype, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(column):
            if column.nunique() > 0.1 * len(y):
                continue
            values = pd.Series(y).groupby(column.astype("string").fillna("").to_numpy()).transform("mean").to_numpy()
        else:
            values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        auc = max(single_auc(values, y), single_auc(np.isnan(values).astype(np.float64), y))
        if auc > SEPARATES:
            found[name] = round(auc, 4)
    return found


def duplicates_across(data: Dataset, roles: Roles) -> int:
    """Rows outside train that repeat a train row: the same features throughout, or the same party on the same day."""
    train = roles.rows("train")
    if train.all() or not train.any() or data.X.shape[1] < 3:
        return 0
    prints = pd.util.hash_pandas_object(data.X, index=False).to_numpy()
    known = data.X.notna().sum(axis=1).to_numpy() >= max(3, data.X.shape[1] // 4)
    varied = data.X.nunique().gt(1).sum() >= 3
    if not varied:
        return 0
    return int(np.isin(prints[~train & known], prints[train & known]).sum())


def already_defaulted(data: Dataset, store: CreditStore) -> int:
    """Labelled defaults whose party had a default on record by the label's date."""
    count = 0
    for day in data.labels.dates:
        rows = (data.labels.observed_on == day) & (data.y == 1)
        if not rows.any():
            continue
        events = store.read("credit_events", as_of=day, columns=["party_id", "kind"], where={"kind": ["default"]})
        count += len(set(events.column("party_id").to_pylist()) & set(data.labels.party_id[rows]))
    return count
