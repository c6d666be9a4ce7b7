"""Motifs of guarantees: the two dyads and thirteen connected triads, with what was found of their risk.

Wang, Zhang & Yang, "Risk of guarantee networks", arXiv 1806.04351. Codes are those of Holland & Leinhardt's triad census
(mutual, asymmetric, null, and direction), as networkx names them.
"""

from dataclasses import dataclass
from functools import cache
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphcredit.structure.inputs import layer_matrix
from graphcredit.structure.kernels import triangles

Counts = npt.NDArray[np.int64]

DYADS = ("single", "mutual")
TRIADS = ("021D", "021U", "021C", "111D", "111U", "030T", "030C", "201", "120D", "120U", "120C", "210", "300")
MOTIFS = DYADS + TRIADS
EVIDENCE: dict[str, int] = {
    "single": 0, "mutual": 1, "021D": -1, "021U": 0, "021C": 0, "111D": 1, "111U": 1, "030T": 0, "030C": -1, "201": 1,
    "120D": 1, "120U": 1, "120C": 1, "210": 1, "300": -1,
}  # fmt: skip
"""+1 risky, -1 stable, 0 not stated: mutual pairs and triangles with a mutual tie are risky, pure circles of three and full
triads most stable, one guarantor of two obligors (021D, a 2-out-star) has the lowest risk."""


@dataclass(frozen=True)
class Motifs:
    """What guarantees look like in the small.

    Attributes:
        counts: by motif in the whole network.
        evidence: the published sign of each motif.
        per_party: how many of each motif a party takes part in, (n, 15), columns in the order of `MOTIFS`.
    """

    counts: dict[str, int]
    evidence: dict[str, int]
    per_party: Counts

    @property
    def score(self) -> float:
        """Balance of risky (+) and stable (-) motifs, in [-1, 1]; 0 without motifs."""
        total = sum(self.counts.values())
        return sum(count * self.evidence[name] for name, count in self.counts.items()) / total if total else 0.0

    @property
    def party_scores(self) -> npt.NDArray[np.float64]:
        """The same balance over the motifs that each party takes part in, (n,)."""
        signs = np.array([self.evidence[name] for name in MOTIFS], dtype=np.float64)
        total = self.per_party.sum(axis=1)
        score = self.per_party @ signs / np.maximum(total, 1)
        return np.asarray(score)


def motifs(network: Any) -> Motifs:
    """Count the 15 motifs of the guarantee layer (of a Network, or of guarantees[i, j] = amount i guarantees for j).

    Open triads follow from degrees, all at once; triangles are listed one by one and what they close is taken away.

    Raises:
        ShapeError, ValueRangeError: malformed inputs.
    """
    matrix = layer_matrix(network, "guarantee")
    out = matrix.copy()
    out.data = np.ones(out.nnz)
    into = sparse.csr_array(out.T.tocsr())
    mutual = sparse.csr_array(out.multiply(into).tocsr())
    both = sparse.csr_array(out + 2 * into)  # 1 = out only, 2 = in only, 3 = both
    both.sort_indices()
    per_party = _open(sparse.csr_array(out - mutual), sparse.csr_array(into - mutual), mutual)
    triangles(
        both.indptr.astype(np.int64), both.indices.astype(np.int32), both.data.astype(np.int64),
        _closed_table(), _wedge_table(), per_party,
    )  # fmt: skip
    totals = per_party.sum(axis=0)
    size = np.array([2] * len(DYADS) + [3] * len(TRIADS))
    counts = {name: int(count) for name, count in zip(MOTIFS, totals // size, strict=True)}
    return Motifs(counts, dict(EVIDENCE), per_party)


WEDGES = {"021D": ("out", "out"), "021U": ("in", "in"), "021C": ("out", "in"), "111D": ("both", "in"),
          "111U": ("both", "out"), "201": ("both", "both")}  # fmt: skip
"""The ties of the party in the middle of an open triad."""
_KIND = {"out": 1, "in": 2, "both": 3}


def _open(out: sparse.csr_array, into: sparse.csr_array, mutual: sparse.csr_array) -> Counts:
    """Dyads and all pairs of ties that meet in a party, closed ones too, per party, (n, 15)."""
    ties = {"out": out, "in": into, "both": mutual}
    for matrix in ties.values():
        matrix.eliminate_zeros()
    count = {name: np.diff(matrix.indptr).astype(np.float64) for name, matrix in ties.items()}
    made = np.zeros((out.shape[0], len(MOTIFS)), dtype=np.int64)
    made[:, 0] = count["out"] + count["in"]
    made[:, 1] = count["both"]
    for name, (a, b) in WEDGES.items():
        pairs = count[a] * (count[a] - 1) / 2 if a == b else count[a] * count[b]
        # as an end: every neighbour u that has this party as its `a` offers each of its other `b`
        ends = ties[a].T @ (count[b] - (a == b)) + (ties[b].T @ count[a] if a != b else 0.0)
        made[:, MOTIFS.index(name)] = np.rint(pairs + ends)
    return made


@cache
def _wedge_table() -> Counts:
    table = np.zeros(16, dtype=np.int64)
    for name, (a, b) in WEDGES.items():
        for p, q in ((a, b), (b, a)):
            table[_KIND[p] + 4 * _KIND[q]] = MOTIFS.index(name)
    return table


CLOSED = {"030T": "ab cb ac", "030C": "ba cb ac", "120D": "bc ba ac ca", "120U": "ab cb ac ca", "120C": "ab bc ac ca",
          "210": "ab bc cb ac ca", "300": "ab ba bc cb ac ca"}  # fmt: skip
"""Directed ties of each triangle."""


@cache
def _closed_table() -> Counts:
    """Motif of the kinds of the ties (u, v), (v, w), (u, w)."""
    table = np.zeros(64, dtype=np.int64)
    for name, ties in CLOSED.items():
        for u, v, w in permutations("abc"):
            present = set(ties.split())
            kinds = [(x + y in present) + 2 * (y + x in present) for x, y in ((u, v), (v, w), (u, w))]
            table[kinds[0] + 4 * kinds[1] + 16 * kinds[2]] = MOTIFS.index(name)
    return table
