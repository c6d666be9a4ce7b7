"""The ties behind a graph feature: which partner, how much, and what is known against it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from graphcredit.features.registry import Feature
from graphcredit.network import GUARANTEE, LAYERS, Network

DEFAULT_SINCE = "default_since"
"""Attribute of a feature matrix's network: since when each party is in default (datetime64, NaT = it is not)."""


@dataclass(frozen=True, slots=True)
class TieEvidence:
    """One tie: parties from the scored one outwards, layers between them, amount, share of the party's ties of that layer."""

    path: tuple[str, ...]
    layers: tuple[str, ...]
    amount: float
    share: float
    note: str = ""


def path_evidence(
    network: Network, feature: Feature, party_id: str, *, top: int = 3, defaulted: set[str] | None = None
) -> list[TieEvidence]:
    """The largest ties behind a graph feature of a party; those that lead to parties in default come first.

    Args:
        network: what the feature was computed on.
        feature: a graph feature; one without a layer has no ties of its own to show.
        party_id: the party scored.
        top: how many.
        defaulted: parties known to be in default, by default those that the network itself names; a tie to one, or
            over one more guarantee, is followed and noted.

    Raises:
        NotFoundError: no such party.
    """
    if feature.layer not in LAYERS:
        return []
    layer = network.layer(feature.layer)
    matrix = layer.matrix if feature.towards == "out" else layer.transposed
    start = network.position(party_id)
    ends = matrix.indices[matrix.indptr[start] : matrix.indptr[start + 1]]
    amounts = matrix.data[matrix.indptr[start] : matrix.indptr[start + 1]]
    if not len(ends):
        return []
    total = float(amounts.sum())
    in_default = _notes(network, defaulted)
    onward = network.layer(GUARANTEE).matrix
    found = []
    for end, amount in zip(ends.tolist(), amounts.tolist(), strict=True):
        path: tuple[str, ...] = (party_id, str(network.ids[end]))
        layers: tuple[str, ...] = (feature.layer,)
        note = in_default(end)
        if not note:
            for k in onward.indices[onward.indptr[end] : onward.indptr[end + 1]].tolist():
                if k != start and (note := in_default(k)):
                    path, layers = (*path, str(network.ids[k])), (*layers, GUARANTEE)
                    break
        found.append(TieEvidence(path, layers, amount, amount / total if total > 0 else 0.0, note))
    order = np.lexsort(([-tie.amount for tie in found], [tie.note == "" for tie in found]))
    return [found[k] for k in order[:top]]


def _notes(network: Network, defaulted: set[str] | None) -> Callable[[int], str]:
    """What is known against a party, "" if nothing."""
    since = network.attributes.get(DEFAULT_SINCE)

    def note(position: int) -> str:
        if defaulted is not None and str(network.ids[position]) not in defaulted:
            return ""
        if since is not None and not np.isnat(since[position]):
            return f"in default since {str(since[position])[:7]}"
        return "in default" if defaulted is not None else ""

    return note
