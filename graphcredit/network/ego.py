"""A party's surroundings: the most important neighbours first, and what was left out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphcredit.exc import ValueRangeError
from graphcredit.network.network import LAYERS, Layer, Network


@dataclass(frozen=True)
class Ego:
    """The sub-network round `seed`; `omitted` parties were within reach and less important, `distance` counts steps."""

    network: Network
    seed: str
    distance: npt.NDArray[np.int32]
    omitted: int


def _neighbours(
    matrices: Sequence[tuple[sparse.csr_array, float]], nodes: npt.NDArray[np.int32], own: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """All ends of ties of `nodes`, of at least the amount given with each matrix, and the ties' importance.

    Importance is the node's `own` times the tie's share of the node's strength in that layer and direction.
    """
    ends, weights = [], []
    for matrix, least in matrices:
        starts, stops = matrix.indptr[nodes], matrix.indptr[nodes + 1]
        lengths = stops - starts
        total = int(lengths.sum())
        if not total:
            continue
        offsets = np.repeat(starts - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths) + np.arange(total)
        data, reached = matrix.data[offsets], matrix.indices[offsets]
        owner = np.repeat(np.arange(len(nodes)), lengths)
        if least > 0:
            strong = data >= least
            data, reached, owner = data[strong], reached[strong], owner[strong]
        strength = np.bincount(owner, data, len(nodes))
        ends.append(reached)
        weights.append(own[owner] * data / strength[owner])
    if not ends:
        return np.empty(0, np.int32), np.empty(0)
    return np.concatenate(ends), np.concatenate(weights)


def ego(
    network: Network,
    seed: str,
    *,
    depth: int = 2,
    layers: Sequence[str] | None = None,
    limit: int = 200,
    min_amount: float = 0.0,
) -> Ego:
    """The surroundings of a party, at most `limit` parties.

    Importance of a neighbour: the sum over ties of the reached party's importance times the tie's share of that party's
    strength; ties weaker than `min_amount` do not count (ownership and other ties have no amount).

    Raises:
        NotFoundError: no such party.
        ValueRangeError: depth outside 1..6, limit below 1, or an unknown layer.
    """
    names = tuple(layers) if layers else tuple(name for name in LAYERS if name in network.layers)
    if not 1 <= depth <= 6 or limit < 1 or not set(names) <= set(LAYERS):
        raise ValueRangeError(
            f"depth {depth}, limit {limit}, layers {list(names)}",
            remedy=f"use a depth of 1 to 6, a limit of 1 or more, and layers of {', '.join(LAYERS)}",
        )
    start = network.position(seed)
    matrices = []
    for name in names:
        for matrix in (network.layer(name).matrix, network.layer(name).transposed):
            amounts = name not in ("ownership", "other")
            matrices.append((matrix, min_amount if amounts else 0.0))
    importance = {start: 1.0}
    distance = {start: 0}
    frontier = np.array([start], dtype=np.int32)
    omitted = 0
    for step in range(1, depth + 1):
        ends, shares = _neighbours(matrices, frontier, np.array([importance[node] for node in frontier.tolist()]))
        fresh = ~np.isin(ends, np.fromiter(distance, np.int32, len(distance)))
        found, inverse = np.unique(ends[fresh], return_inverse=True)
        weight = np.bincount(inverse, shares[fresh], len(found))
        room = limit - len(distance)
        order = np.lexsort((found, -weight))
        omitted += max(len(found) - room, 0)
        kept = found[order[:room]]
        for node, value in zip(kept.tolist(), weight[order[:room]].tolist(), strict=True):
            distance[node], importance[node] = step, value
        frontier = kept.astype(np.int32)
        if not len(frontier):
            break
    chosen = np.array(sorted(distance), dtype=np.int32)
    steps = np.array([distance[node] for node in chosen.tolist()], dtype=np.int32)
    return Ego(subnetwork(network, chosen, names), seed, steps, omitted)


def subnetwork(network: Network, positions: npt.NDArray[np.int32], layers: Sequence[str] = LAYERS) -> Network:
    """The parties at `positions` (sorted) and every tie between them."""

    def cut(matrix: sparse.csr_array) -> sparse.csr_array:
        return sparse.csr_array(matrix[positions][:, positions])

    made = {
        name: Layer(name, cut(layer.matrix), {kind: cut(matrix) for kind, matrix in layer.kinds.items()})
        for name, layer in network.layers.items()
        if name in layers
    }
    attributes = {name: values[positions] for name, values in network.attributes.items()}
    return Network(network.ids[positions], made, attributes, network.as_of, network.version)
