"""The ties behind a graph feature: which partner, how much, and what is known against it."""

from dataclasses import dataclass

import numpy as np

from graphcredit.features.registry import Feature
from graphcredit.network import LAYERS, Network


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
        defaulted: parties known to be in default; a tie to one, or over one more guarantee, is followed and noted.

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
    bad = defaulted or set()
    onward = network.layer("guarantee").matrix
    found = []
    for end, amount in zip(ends.tolist(), amounts.tolist(), strict=True):
        partner = str(network.ids[end])
        path, layers, note = (party_id, partner), (feature.layer,), ""
        if partner in bad:
            note = "in default"
        else:
            for k in onward.indices[onward.indptr[end] : onward.indptr[end + 1]].tolist():
                if str(network.ids[k]) in bad:
                    path, layers, note = (*path, str(network.ids[k])), (*layers, "guarantee"), "in default"
                    break
        found.append(TieEvidence(path, layers, amount, amount / total if total > 0 else 0.0, note))
    order = np.lexsort(([-tie.amount for tie in found], [tie.note == "" for tie in found]))
    return [found[k] for k in order[:top]]
