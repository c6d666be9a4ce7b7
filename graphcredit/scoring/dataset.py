"""Labels joined with features as of each label's own date; never later."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import union_categoricals

from graphcredit.exc import LabelError
from graphcredit.scoring.labels import Labels, check_known
from graphcredit.scoring.matrix import FeatureInfo, MatrixLike, infos, require_finite
from graphcredit.store.base import CreditStore

Build = Callable[..., Any]
"""`build_features(store, as_of, parties=...)`, or a stand-in with the same call."""


@dataclass(frozen=True)
class Dataset:
    """Rows for learning: one per label.

    Attributes:
        X: features, shape (n, p); numbers with nan, or categories; row i belongs to label i.
        labels: the labels, same order.
        features: what each column means, length p.
        networks: date -> the network features were computed on (None where the builder gives none).
        store_version: of the facts.
        matrices: date -> the matrix itself.
    """

    X: pd.DataFrame
    labels: Labels
    features: tuple[FeatureInfo, ...]
    networks: dict[date, Any] = field(default_factory=dict)
    store_version: int = 0
    matrices: dict[date, MatrixLike] = field(default_factory=dict)

    @property
    def y(self) -> npt.NDArray[np.int64]:
        """Labels, 0 or 1, shape (n,)."""
        return self.labels.default

    def take(self, rows: npt.NDArray[Any]) -> "Dataset":
        """The rows at these positions, or where a mask is true."""
        return Dataset(
            self.X[rows].reset_index(drop=True) if rows.dtype == bool else self.X.iloc[rows].reset_index(drop=True),
            self.labels.take(rows),
            self.features,
            self.networks,
            self.store_version,
            self.matrices,
        )

    def names(self, keep: Callable[[FeatureInfo], bool]) -> list[str]:
        """Names of the features for which `keep` is true."""
        return [feature.name for feature in self.features if keep(feature)]


def join_features(store: CreditStore, labels: Labels, *, build: Build | None = None) -> Dataset:
    """Build features once per observation date and line them up with the labels.

    Args:
        store: the facts.
        labels: checked labels.
        build: builds a matrix, called as `build(store, date, parties=[...])`; `graphcredit.features.build_features`
            when None.

    Raises:
        LabelError: unknown parties, dates before any fact, features recorded after the date, or all missing.
        ValueRangeError: infinite values.
    """
    check_known(labels, store)
    if build is None:
        from graphcredit.features import build_features

        build = build_features
    parts: list[pd.DataFrame] = []
    order: list[npt.NDArray[np.int64]] = []
    networks: dict[date, Any] = {}
    described: dict[str, FeatureInfo] = {}
    matrices: dict[date, MatrixLike] = {}
    version = 0
    for day in labels.dates:
        rows = np.flatnonzero(labels.observed_on == day)
        matrix = build(store, day, parties=[str(party) for party in labels.party_id[rows]])
        require_past(matrix, day)
        frame = matrix.frame.reindex(labels.party_id[rows])
        if frame.empty or frame.isna().all(axis=None):
            raise LabelError(
                f"all features are missing for the parties labelled on {day}",
                remedy="load facts known by that date (recorded_at), or check observed_on",
                date=day.isoformat(),
            )
        parts.append(frame)
        order.append(rows)
        networks[day] = getattr(matrix, "network", None)
        matrices[day] = matrix
        version = max(version, int(getattr(matrix, "store_version", 0) or 0))
        for info in infos(matrix):
            described.setdefault(info.name, info)
    X = stack(parts)
    positions = np.concatenate(order)
    X = X.iloc[np.argsort(positions, kind="stable")].reset_index(drop=True)
    require_finite(X)
    return Dataset(X, labels, tuple(described[str(name)] for name in X.columns), networks, version, matrices)


def require_past(matrix: MatrixLike, day: date) -> None:
    """Refuse a matrix that has seen facts recorded after the label's date.

    Raises:
        LabelError: the matrix is as of a later date, or one of its features says it was recorded later.
    """
    seen = matrix.as_of
    moment = seen.date() if isinstance(seen, datetime) else seen
    recorded = dict(getattr(matrix, "recorded_at", None) or {})
    late = {name: at for name, at in recorded.items() if (at.date() if isinstance(at, datetime) else at) > day}
    if moment is None or moment > day or late:
        what = f"feature {next(iter(late))!r} was" if late else f"features as of {moment or 'now'} were"
        raise LabelError(
            f"{what} recorded after {day}, the date of the label: the model would see the future",
            remedy="build features with as_of = observed_on",
            late=sorted(late),
        )


def stack(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames below each other, columns united in order of first appearance, categories merged."""
    if len(frames) == 1:
        return frames[0]
    names = list(dict.fromkeys(name for frame in frames for name in frame.columns))
    columns: dict[str, Any] = {}
    for name in names:
        pieces = [
            frame[name] if name in frame.columns else pd.Series(np.nan, index=frame.index, dtype=np.float64)
            for frame in frames
        ]
        if any(isinstance(piece.dtype, pd.CategoricalDtype) for piece in pieces):
            columns[name] = union_categoricals([piece.astype("category") for piece in pieces], ignore_order=True)
        else:
            columns[name] = np.concatenate([piece.to_numpy(dtype=np.float64, na_value=np.nan) for piece in pieces])
    return pd.DataFrame(columns)
