"""Who is learned from, who is chosen by, who is kept for the test."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from graphcredit.exc import LabelError
from graphcredit.network import GUARANTEE, OWNERSHIP, Network
from graphcredit.scoring.labels import MIN_DEFAULTS, Labels

Fold = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
METHODS = ("auto", "given", "time", "cv")


@dataclass(frozen=True)
class Roles:
    """What each row is for.

    Attributes:
        role: shape (n,), train, valid or test.
        method: given, time or cv.
        note: the rule in a sentence.
    """

    role: npt.NDArray[np.object_]
    method: str
    note: str

    def rows(self, *roles: str) -> npt.NDArray[np.bool_]:
        """Mask of the rows with one of these roles."""
        return np.isin(self.role.astype(str), roles)

    def counts(self) -> dict[str, int]:
        """Rows per role."""
        names, counts = np.unique(self.role.astype(str), return_counts=True)
        return dict(zip(names.tolist(), counts.tolist(), strict=True))


def assign_roles(labels: Labels, method: str = "auto") -> Roles:
    """Train, valid and test rows.

    `auto` takes the split that the labels carry; else, where dates differ and each part would hold ten defaults, whole
    dates by time (the oldest about 60% train, then 20% valid, the newest 20% test); else all rows train and quality is
    judged by repeated stratified cross-validation.

    Raises:
        LabelError: an unknown method, or one that these labels do not allow.
    """
    if method not in METHODS:
        raise LabelError(f"unknown split method {method!r}", remedy=f"one of {', '.join(METHODS)}")
    if method in ("auto", "given") and (labels.split != "").any():
        role = np.where(labels.split == "", "train", labels.split).astype(object)
        if not (role == "train").any():
            raise LabelError("no label is marked train", remedy="mark the rows to learn from as train")
        return Roles(role, "given", "the split column of the labels")
    if method == "given":
        raise LabelError("the labels carry no split", remedy="add a column split: train, valid, test")
    if method in ("auto", "time"):
        by_time = _by_time(labels)
        if by_time is not None:
            return Roles(by_time, "time", "whole dates: about 60% oldest train, 20% valid, 20% newest test")
        if method == "time":
            raise LabelError(
                "the labels cannot be split by time: too few dates, or too few defaults in a part",
                remedy=f"give at least three dates with {MIN_DEFAULTS} defaults in each part, or use cv",
            )
    return Roles(
        np.array(["train"] * len(labels), dtype=object), "cv", "all rows train; judged by repeated cross-validation"
    )


def _by_time(labels: Labels) -> npt.NDArray[np.object_] | None:
    days = labels.dates
    if len(days) < 2:
        return None
    share = np.array([(labels.observed_on <= day).mean() for day in days])
    first = int(np.argmin(np.abs(share[:-1] - 0.6)))
    cuts = [first]
    if len(days) > 2 and first < len(days) - 2:
        rest = share[first + 1 : -1]
        cuts.append(first + 1 + int(np.argmin(np.abs(rest - 0.8))))
    last_train, last_valid = days[cuts[0]], days[cuts[-1]]
    role = np.where(
        labels.observed_on <= last_train, "train", np.where(labels.observed_on <= last_valid, "valid", "test")
    ).astype(object)
    for part in set(role):
        bad = int(labels.default[role == part].sum())
        if min(bad, int((role == part).sum()) - bad) < MIN_DEFAULTS:
            return None
    return role


def repeated_folds(
    y: npt.NDArray[np.int64],
    *,
    folds: int = 5,
    repeats: int = 5,
    seed: int = 0,
    groups: npt.NDArray[Any] | None = None,
) -> list[list[Fold]]:
    """Stratified folds, `repeats` times over: a list of repeats, each a list of (learn, judge) positions.

    Rows of one group never lie on both sides. Fewer folds are made where a class (or the groups) does not allow more.

    Raises:
        LabelError: a class has fewer than two rows, or groups leave one class on one side.
    """
    rare = int(min(y.sum(), len(y) - y.sum()))
    k = min(folds, rare)
    if groups is not None:
        k = min(k, len(np.unique(groups[y == 1])), len(np.unique(groups[y == 0])))
    if k < 2:
        raise LabelError(
            "cross-validation needs two rows of each class in different groups",
            remedy="add labels, or do not keep connected groups together",
        )
    out: list[list[Fold]] = []
    for repeat in range(repeats):
        if groups is None or len(np.unique(groups)) == len(groups):
            maker: Any = StratifiedKFold(k, shuffle=True, random_state=seed + repeat)
            made = maker.split(y, y)
        else:
            maker = StratifiedGroupKFold(k, shuffle=True, random_state=seed + repeat)
            made = maker.split(y, y, groups)
        out.append([(learn, judge) for learn, judge in made if 0 < y[judge].sum() < len(judge)])
    return out


def connected_groups(network: Network, party_ids: npt.ArrayLike, *, control: float = 0.5) -> npt.NDArray[np.int64]:
    """A number per party, the same for parties joined by control (a share above `control`) or by a guarantee.

    Args:
        network: the layers `ownership` and `guarantee` are read.
        party_ids: parties wanted, shape (m,); one that the network lacks is a group of its own.
        control: share of equity above which a holder controls.

    Returns:
        Group numbers, shape (m,).
    """
    owned = sparse.csr_array(network.matrix(OWNERSHIP))
    held = owned.copy()
    held.data = (held.data > control).astype(np.float64)
    guaranteed = sparse.csr_array(network.matrix(GUARANTEE))
    _, component = connected_components(held + guaranteed, directed=False)
    ids = np.asarray(party_ids, dtype=object)
    alone = int(component.max(initial=0)) + 1
    index = network.index
    return np.array(
        [component[index[party]] if party in index else alone + k for k, party in enumerate(ids)], dtype=np.int64
    )
