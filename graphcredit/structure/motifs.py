"""Motifs of guarantees: the two dyads and thirteen connected triads, with what was found of their risk.

Wang, Zhang & Yang, "Risk of guarantee networks", arXiv 1806.04351. Codes are those of Holland & Leinhardt's triad census
(mutual, asymmetric, null, and direction), as networkx names them.
"""

from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np

from graphcredit.structure.inputs import layer_matrix

DYADS = ("single", "mutual")
TRIADS = ("021D", "021U", "021C", "111D", "111U", "030T", "030C", "201", "120D", "120U", "120C", "210", "300")
EVIDENCE: dict[str, int] = {
    "single": 0, "mutual": 1, "021D": -1, "021U": 0, "021C": 0, "111D": 1, "111U": 1, "030T": 0, "030C": -1, "201": 1,
    "120D": 1, "120U": 1, "120C": 1, "210": 1, "300": -1,
}  # fmt: skip
"""+1 risky, -1 stable, 0 not stated: mutual pairs and triangles with a mutual tie are risky, pure circles of three and full
triads most stable, one guarantor of two obligors (021D, a 2-out-star) has the lowest risk."""


@dataclass(frozen=True)
class Motifs:
    """counts by motif in the whole network; `score` = sum of counts times the published sign, over all motifs counted."""

    counts: dict[str, int]
    evidence: dict[str, int]

    @property
    def score(self) -> float:
        """Balance of risky (+) and stable (-) motifs, in [-1, 1]; 0 without motifs."""
        total = sum(self.counts.values())
        return sum(count * self.evidence[name] for name, count in self.counts.items()) / total if total else 0.0


def motifs(network: Any) -> Motifs:
    """Count the 15 motifs of the guarantee layer (of a Network, or of guarantees[i, j] = amount i guarantees for j).

    Raises:
        ShapeError, ValueRangeError: malformed inputs.
    """
    matrix = layer_matrix(network, "guarantee")
    ones = matrix.copy()
    ones.data = np.ones(ones.nnz)
    both = int(ones.multiply(ones.T.tocsr()).sum()) // 2
    linked = np.flatnonzero((np.diff(ones.indptr) > 0) | (np.asarray(ones.sum(axis=0)).ravel() > 0))
    graph = nx.from_scipy_sparse_array(ones[linked][:, linked], create_using=nx.DiGraph)
    census = nx.triadic_census(graph) if len(linked) else {}
    counts = {"single": ones.nnz - 2 * both, "mutual": both}
    counts |= {code: int(census.get(code, 0)) for code in TRIADS}
    return Motifs(counts, dict(EVIDENCE))
