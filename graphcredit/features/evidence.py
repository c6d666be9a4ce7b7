"""The ties behind a graph feature: which partner, how much, and what is known against it."""

from dataclasses import dataclass
from weakref import finalize

import numpy as np
import numpy.typing as npt

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
    known = _known(network, defaulted)
    onward = network.layer(GUARANTEE).matrix
    over: dict[int, int] = {}  # place among the ends -> the party in default that it guarantees
    if known.marked.any():
        for place in np.flatnonzero(~known.marked[ends] & known.guaranteed[ends]).tolist():
            end = ends[place]
            behind = onward.indices[onward.indptr[end] : onward.indptr[end + 1]]
            behind = behind[known.marked[behind] & (behind != start)]
            if len(behind):
                over[place] = int(behind[0])
    told = known.marked[ends]
    told[list(over)] = True
    found = []
    for place in np.lexsort((-amounts, ~told))[:top].tolist():
        end, amount = int(ends[place]), float(amounts[place])
        path: tuple[str, ...] = (party_id, str(network.ids[end]))
        layers: tuple[str, ...] = (feature.layer,)
        last = over.get(place, end)
        if place in over:
            path, layers = (*path, str(network.ids[last])), (*layers, GUARANTEE)
        found.append(TieEvidence(path, layers, amount, amount / total if total > 0 else 0.0, known.note(last)))
    return found


@dataclass(frozen=True, slots=True)
class _Defaults:
    """Who is in default, (n,), since when (None = not said), and who guarantees somebody who is, (n,)."""

    marked: npt.NDArray[np.bool_]
    since: npt.NDArray[np.datetime64] | None
    guaranteed: npt.NDArray[np.bool_]

    def note(self, position: int) -> str:
        """What is known against a party, "" if nothing."""
        if not self.marked[position]:
            return ""
        if self.since is not None and not np.isnat(self.since[position]):
            return f"in default since {str(self.since[position])[:7]}"
        return "in default"


_KEPT: dict[int, _Defaults] = {}
"""By the id of a network, for as long as that lives."""


def _known(network: Network, defaulted: set[str] | None) -> _Defaults:
    """What the network says of defaults (kept with it), or what the caller does."""
    if defaulted is None and (kept := _KEPT.get(id(network))) is not None:
        return kept
    since = network.attributes.get(DEFAULT_SINCE)
    if defaulted is not None:
        marked = np.isin(network.ids.astype(str), list(defaulted))
    elif since is not None:
        marked = ~np.isnat(since)
    else:
        marked = np.zeros(network.n, dtype=bool)
    guaranteed = (network.layer(GUARANTEE).matrix != 0).astype(np.float64) @ marked.astype(np.float64) > 0
    found = _Defaults(marked, since, np.asarray(guaranteed, dtype=bool))
    if defaulted is None:
        _KEPT[id(network)] = found
        finalize(network, _KEPT.pop, id(network), None)
    return found
