"""Build the matrix: every registered group over the same facts and network."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from graphcredit.exc import InputError
from graphcredit.features.behaviour import default_dates
from graphcredit.features.context import Context
from graphcredit.features.evidence import DEFAULT_SINCE
from graphcredit.features.matrix import FeatureMatrix
from graphcredit.features.registry import GROUPS, Feature
from graphcredit.network import Network, build_network
from graphcredit.settings import get_settings
from graphcredit.store import AsOf, CreditStore


def build_features(
    store: CreditStore,
    as_of: AsOf = None,
    *,
    parties: Sequence[str] | None = None,
    network: Network | None = None,
    groups: Sequence[str] | None = None,
    window_months: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> FeatureMatrix:
    """Features of parties as of a date, from facts recorded by then only.

    Args:
        store: the facts.
        as_of: a date means its end; None means now.
        parties: rows wanted, in this order (unknown ones are rows of nan); default all.
        network: built for the same moment before; else it is built.
        groups: names of feature groups; default all.
        window_months: of trade in the network.
        progress: called with (groups done, groups).

    Raises:
        InputError: an unknown group; CurrencyError: an amount without a rate.
    """
    if unknown := sorted(set(groups or ()) - set(GROUPS)):
        raise InputError(f"unknown feature groups {unknown}", remedy=f"some of {', '.join(GROUPS)}")
    network = network if network is not None else build_network(store, as_of, window_months=window_months)
    wanted = None if groups is None else frozenset(groups)
    context = Context(store, as_of, network, get_settings().currency, wanted)
    if network.as_of is not None and network.as_of != context.day:
        raise InputError(
            f"the network is as of {network.as_of}, the features as of {context.day}",
            remedy="build both for the same day, so that no feature sees another day's facts",
        )
    chosen = [group for group in GROUPS.values() if groups is None or group.name in groups]
    for done, group in enumerate(chosen, 1):
        context.figures(group.name)
        if progress:
            progress(done, len(chosen))
    rows = None if parties is None else _rows(network, parties)
    columns: dict[str, pd.Series | np.ndarray] = {}
    described: list[Feature] = []
    for group in chosen:
        features = context.shared.get(group.name, []) if group.dynamic else group.features
        for feature in features:
            values = context.figures(group.name)[feature.name]
            columns[feature.name] = _column(values, feature, rows)
            described.append(feature)
    index = pd.Index(network.ids if parties is None else list(parties), name="party_id", dtype=object)
    frame = pd.DataFrame(columns, copy=False)
    frame.index = index
    told = replace(network, attributes={**network.attributes, DEFAULT_SINCE: default_dates(context)})
    return FeatureMatrix(frame, tuple(described), context.day, network.version, told)


def _rows(network: Network, parties: Sequence[str]) -> np.ndarray:
    index = network.index
    return np.array([index.get(party, -1) for party in parties], dtype=np.int64)


def _column(values: np.ndarray, feature: Feature, rows: np.ndarray | None) -> pd.Series | np.ndarray:
    """A column for the wanted rows: float64, or category over all parties' categories."""
    if feature.kind == "categorical":
        whole = pd.Categorical(values)
        codes = whole.codes if rows is None else np.where(rows >= 0, whole.codes[rows], -1)
        return pd.Series(pd.Categorical.from_codes(codes, dtype=whole.dtype))
    numbers = np.asarray(values, dtype=np.float64)
    return numbers if rows is None else np.where(rows >= 0, numbers[rows], np.nan)
