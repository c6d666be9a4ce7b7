"""The multi-layer network in memory, built from a store as of a date; networkx in and out."""

from graphcredit.network.build import build_network
from graphcredit.network.cache import NetworkCache, Snapshot
from graphcredit.network.change import TieChange, apply_changes, refresh_parties, same_network
from graphcredit.network.ego import Ego, ego, subnetwork
from graphcredit.network.exchange import from_edges, from_networkx, to_edges, to_networkx
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
    "Ego",
    "Layer",
    "Network",
    "NetworkCache",
    "Snapshot",
    "TieChange",
    "apply_changes",
    "build_network",
    "csr_from_edges",
    "ego",
    "from_edges",
    "from_networkx",
    "network_from_edges",
    "refresh_parties",
    "same_network",
    "subnetwork",
    "to_edges",
    "to_networkx",
]
