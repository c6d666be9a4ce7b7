"""Groups of connected clients as headroom needs them: sums over members, the groups of a party, the path to it in words.

Who is connected, and why, is `structure.connected_clients`; here it becomes index arrays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from graphcredit.decisions.texts import Text
from graphcredit.network import OWNERSHIP, Network
from graphcredit.structure import ConnectedClients, ConnectionRules, connected_clients

WORDS: Mapping[str, tuple[str, str]] = {
    "control": ("is under common control with", "与其受同一控制："),
    "sales": ("is the main customer of", "为其主要客户："),
    "purchases": ("is the main supplier of", "为其主要供应商："),
    "guarantee": ("is guaranteed to a decisive extent by", "由其重大担保："),
}


@dataclass(frozen=True)
class ClientGroups:
    """All groups of at least two parties; they overlap.

    Attributes:
        names: each group's root, which names it, (g,).
        indptr, indices: members of group k are indices[indptr[k] : indptr[k + 1]].
        owner: number of each party's set of common control, (n,).
    """

    clients: ConnectedClients
    names: tuple[str, ...]
    indptr: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int64]
    owner: npt.NDArray[np.int32]

    def groups_of(self, party_id: str) -> tuple[int, ...]:
        """Groups that a party belongs to."""
        return self.clients.by_party.get(party_id, ())

    def sums(self, units: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Exact sums over the members of each group, (g,)."""
        running = np.concatenate([np.zeros(1, np.int64), np.cumsum(units[self.indices])])
        return np.asarray(running[self.indptr[1:]] - running[self.indptr[:-1]], dtype=np.int64)

    def path(self, group: int, party_id: str) -> tuple[Text, ...]:
        """The steps from a group's root to a party, each in words; empty for the root."""
        members = {member.party: member for member in self.clients.groups[group].members}
        chain = members[party_id].path
        return tuple(
            _step(source, target, members[target].reason, members[target].share) for source, target in pairwise(chain)
        )


def _step(source: str, target: str, why: str, share: float) -> Text:
    en, zh = WORDS[why]
    return Text(en=f"{source} {en} {target} ({share:.0%})", zh=f"{source} {zh}{target}（{share:.0%}）")


def client_groups(
    network: Network, equity: npt.NDArray[np.float64], *, control_share: float, dependence_share: float
) -> ClientGroups:
    """Overlapping groups of connected clients under a policy's thresholds.

    Args:
        network: trade, guarantee and ownership layers.
        equity: (n,), nan where unknown; weighs guarantees given.
        control_share: ownership above it is control; controllers and branches always are.
        dependence_share: from this share of sales, purchases, or equity guaranteed, a party depends.
    """
    rules = ConnectionRules(control=control_share, dependence=dependence_share, guarantee=dependence_share)
    found = connected_clients(network, rules=rules, own_funds=equity)
    members = [[network.index[m.party] for m in group.members] for group in found.groups]
    sizes = np.array([0, *(len(each) for each in members)], dtype=np.int64)
    flat = np.array([position for each in members for position in each], dtype=np.int64)
    names = tuple(group.root for group in found.groups)
    return ClientGroups(found, names, np.cumsum(sizes), flat, _control_sets(network, rules))


def _control_sets(network: Network, rules: ConnectionRules) -> npt.NDArray[np.int32]:
    layer = network.layer(OWNERSHIP)
    strong = layer.kinds.get("shareholder", layer.matrix).copy()
    strong.data = np.where(strong.data > rules.control, 1.0, 0.0)
    for kind in rules.control_kinds:
        if kind in layer.kinds:
            strong = sparse.csr_array(strong + layer.kinds[kind])
    strong.eliminate_zeros()
    if network.n == 0:
        return np.zeros(0, dtype=np.int32)
    _, owner = connected_components(strong, directed=False)
    return np.asarray(owner, dtype=np.int32)
