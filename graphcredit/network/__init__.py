"""The multi-layer network in memory, built from a store as of a date; networkx in and out."""

from graphcredit.network.network import (
    GUARANTEE,
    LAYERS,
    LENDING,
    OTHER,
    OWNERSHIP,
    RECEIVABLE,
    TRADE,
    Layer,
    Network,
    csr_from_edges,
    network_from_edges,
)

__all__ = [
    "GUARANTEE",
    "LAYERS",
    "LENDING",
    "OTHER",
    "OWNERSHIP",
    "RECEIVABLE",
    "TRADE",
    "Layer",
    "Network",
    "csr_from_edges",
    "network_from_edges",
]
