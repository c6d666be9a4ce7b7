"""Who depends on whom: circles, groups, dependence, concentration, paths."""

from graphcredit.structure.centrality import Centrality, Ranking, centrality, core_numbers, pagerank, within_hops
from graphcredit.structure.client_groups import ClientGroup, ConnectedClients, Membership
from graphcredit.structure.concentration import Concentration, Granularity, concentration, granularity_adjustment
from graphcredit.structure.connected_clients import ConnectionRules, connected_clients
from graphcredit.structure.dependence import (
    Dependence,
    DependenceOn,
    Linkages,
    all_order_multipliers,
    dependence,
    dependence_on,
    linkages,
    single_points,
    substitutes,
    tiers,
)
from graphcredit.structure.embedding import diffuse, neighbour_mean, spectral_embedding
from graphcredit.structure.guarantee_circles import GuaranteeCircle, GuaranteeCircles, guarantee_circles
from graphcredit.structure.motifs import Motifs, motifs
from graphcredit.structure.paths import ExposurePath, Paths, paths

__all__ = [
    "Centrality",
    "ClientGroup",
    "Concentration",
    "ConnectedClients",
    "ConnectionRules",
    "Dependence",
    "DependenceOn",
    "ExposurePath",
    "Granularity",
    "GuaranteeCircle",
    "GuaranteeCircles",
    "Linkages",
    "Membership",
    "Motifs",
    "Paths",
    "Ranking",
    "all_order_multipliers",
    "centrality",
    "concentration",
    "connected_clients",
    "core_numbers",
    "dependence",
    "dependence_on",
    "diffuse",
    "granularity_adjustment",
    "guarantee_circles",
    "linkages",
    "motifs",
    "neighbour_mean",
    "pagerank",
    "paths",
    "single_points",
    "spectral_embedding",
    "substitutes",
    "tiers",
    "within_hops",
]
