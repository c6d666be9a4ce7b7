"""Small random directed graphs for tests of structure."""

from typing import Any

import networkx as nx
import numpy as np
from hypothesis import strategies as st
from scipy import sparse


@st.composite
def weighted(draw: Any, most: int = 9) -> np.ndarray:
    """A dense matrix without diagonal, many entries zero."""
    n = draw(st.integers(1, most))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    dense = rng.uniform(0.5, 9, (n, n)) * (rng.random((n, n)) < draw(st.sampled_from([0.1, 0.25, 0.5, 0.9])))
    np.fill_diagonal(dense, 0.0)
    return dense


def digraph(dense: np.ndarray) -> Any:
    return nx.from_numpy_array(dense, create_using=nx.DiGraph)


def csr(dense: np.ndarray) -> sparse.csr_array:
    return sparse.csr_array(dense)
