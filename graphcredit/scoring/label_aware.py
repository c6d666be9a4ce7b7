"""Label-aware columns: other parties' outcomes, never a row's own, made anew from the labels that may be known."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcredit.exc import InputError
from graphcredit.features.label_aware import LabelTies
from graphcredit.network import Network
from graphcredit.scoring.compare import Extra
from graphcredit.scoring.dataset import Dataset
from graphcredit.scoring.matrix import FeatureInfo, MatrixLike

_LAST: list[tuple[Network, LabelTies]] = []


class KnownLabels:
    """Outcomes that a model may look at when it scores others: those it was trained on.

    Attributes:
        parties: ids, shape (n,); outcomes: 0 or 1, shape (n,).
    """

    def __init__(self, parties: list[str], outcomes: npt.NDArray[np.int64]) -> None:
        self.parties = parties
        self.outcomes = outcomes

    def mapping(self) -> dict[str, int]:
        """Party -> outcome."""
        return dict(zip(self.parties, map(int, self.outcomes), strict=True))


def ties_of(network: Network) -> LabelTies:
    """The network's ties prepared for labels; the last one is kept."""
    if not _LAST or _LAST[0][0] is not network:
        _LAST[:] = [(network, LabelTies(network))]
    return _LAST[0][1]


def known(data: Dataset, rows: npt.NDArray[Any]) -> KnownLabels:
    """Outcomes of some rows; a party seen on several dates counts as defaulted if it ever was."""
    found: dict[str, int] = {}
    for party, outcome in zip(data.labels.party_id[rows], data.y[rows], strict=True):
        found[str(party)] = max(int(outcome), found.get(str(party), 0))
    return KnownLabels(list(found), np.array(list(found.values()), dtype=np.int64))


def label_aware_columns(data: Dataset, *, seed: int = 0) -> tuple[Extra | None, tuple[FeatureInfo, ...]]:
    """A maker of label-aware columns for every row from the labels of some, and what they mean.

    Out of fold for rows whose label takes part; (None, ()) where a date has no network.
    """
    ties: dict[date, LabelTies] = {}
    for day, network in data.networks.items():
        if network is None:
            return None, ()
        ties[day] = LabelTies(network)
    described = {feature.name: FeatureInfo.of(feature) for each in ties.values() for feature in each.features}
    names = list(described)

    def extra(learn: npt.NDArray[np.int64]) -> pd.DataFrame:
        labels = known(data, learn).mapping()
        values = np.full((len(data.y), len(names)), np.nan)
        for day, each in ties.items():
            rows = np.flatnonzero(data.labels.observed_on == day)
            parties = [str(party) for party in data.labels.party_id[rows]]
            values[rows] = each.frame(labels, parties=parties, seed=seed).reindex(columns=names).to_numpy()
        return pd.DataFrame(values, columns=names, index=data.X.index)

    return extra, tuple(described.values())


def with_known_labels(matrix: MatrixLike, labels: KnownLabels | None, names: Mapping[str, Any]) -> pd.DataFrame:
    """The matrix's frame with the label-aware columns among `names` that it lacks.

    Raises:
        InputError: they are needed, but the matrix has no network to compute them on.
    """
    absent = [name for name in names if name not in matrix.frame.columns and name.startswith("label_")]
    if not absent or labels is None:
        return matrix.frame
    network = getattr(matrix, "network", None)
    if network is None:
        raise InputError(
            "the model looks at the outcomes of connected parties, but the matrix has no network",
            remedy="build features from the store instead of reading them from a file",
        )
    parties = [str(party) for party in matrix.frame.index]
    made = ties_of(network).frame(labels.mapping(), parties=parties).reindex(columns=absent)
    made.index = matrix.frame.index
    return pd.concat([matrix.frame, made], axis=1)
