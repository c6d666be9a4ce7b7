"""Scoring parties of a store with a model: features, overlay and reasons in one call."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from graphcredit.scoring.dataset import Build
from graphcredit.scoring.matrix import MatrixLike
from graphcredit.scoring.model import CreditModel
from graphcredit.scoring.overlay import read_outlook
from graphcredit.scoring.reasons import Score
from graphcredit.store.base import AsOf, CreditStore


def score_parties(
    store: CreditStore,
    model: CreditModel,
    *,
    as_of: AsOf = None,
    parties: Sequence[str] | None = None,
    matrix: MatrixLike | None = None,
    build: Build | None = None,
) -> pd.DataFrame:
    """PD, grade and points of parties (all when None), industry overlay included; see `CreditModel.predict`."""
    features = matrix or _matrix(store, as_of, parties, build)
    return model.predict(features, outlook=read_outlook(store, as_of))


def explain_party(
    store: CreditStore,
    model: CreditModel,
    party_id: str,
    *,
    as_of: AsOf = None,
    matrix: MatrixLike | None = None,
    build: Build | None = None,
    evidence: Callable[[str, str], Any] | None = None,
) -> Score:
    """Score of one party with reasons; see `CreditModel.explain`.

    Raises:
        NotFoundError: the party is unknown as of the date.
    """
    features = matrix or _matrix(store, as_of, [party_id], build)
    return model.explain(features, party_id, outlook=read_outlook(store, as_of), evidence=evidence)


def _matrix(store: CreditStore, as_of: AsOf, parties: Sequence[str] | None, build: Build | None) -> MatrixLike:
    if build is None:
        from graphcredit.features import build_features

        build = build_features
    made: MatrixLike = build(store, as_of, parties=parties)
    return made
