"""Groups of connected clients as headroom needs them: sums over members, the groups of a party, the path to it in words.

Who is connected, and why, is `structure.connected_clients`; here it becomes index arrays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
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
    "repayment": ("is the source that repays the debt of", "为其还款来源："),
}


@dataclass(frozen=True)
class ClientGroups:
    """All groups of at least two parties; they overlap.

    Attributes:
        clients: the groups, walked when they are looked at; memberships may outnumber parties by far, so none is kept.
        names: each group's root, which names it, (g,).
        owner: number of each party's set of common control, (n,).
    """

    clients: ConnectedClients
    names: tuple[str, ...]
    owner: npt.NDArray[np.int32]

    def groups_of(self, party_id: str) -> tuple[int, ...]:
        """Groups that a party belongs to."""
        return self.clients.groups_of(party_id)

    def sums(self, units: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Exact sums over the members of each group, (g,)."""
        return self.clients.sums(units)

    def path(self, group: int, party_id: str) -> tuple[Text, ...]:
        """The steps from a group's root to a party, each in words; empty for the root."""
        chain = self.clients.groups[group].chain(party_id)
        return tuple(_step(a.party, b.party, b.reason, b.share) for a, b in pairwise(chain))


@lru_cache(maxsize=65_536)
def _step(source: str, target: str, why: str, share: float) -> Text:
    en, zh = WORDS[why]
    return Text(en=f"{source} {en} {target} ({share:.0%})", zh=f"{source} {zh}{target}（{share:.0%}）")


def client_groups(
    network: Network,
    equity: npt.NDArray[np.float64],
    *,
    control_share: float,
    dependence_share: float,
    receipts: npt.NDArray[np.float64] | None = None,
    expenditure: npt.NDArray[np.float64] | None = None,
) -> ClientGroups:
    """Overlapping groups of connected clients under a policy's thresholds.

    Args:
        network: trade, guarantee and ownership layers.
        equity: (n,), nan where unknown; weighs guarantees given.
        control_share: ownership above it is control; controllers and branches always are.
        dependence_share: from this share of sales, purchases, or equity guaranteed, a party depends.
        receipts, expenditure: all that a party takes in and spends over the months of trade, (n,), nan where unknown; what the
            network shows of its trade counts where that is more. EBA/GL/2017/15 par. 23 measures dependence against the
            whole, and the invoices at hand are often but a part.
    """
    rules = ConnectionRules(control=control_share, dependence=dependence_share, guarantee=dependence_share)
    found = connected_clients(network, rules=rules, own_funds=equity, receipts=receipts, expenditure=expenditure)
    names = tuple(network.ids[found.roots].astype(str).tolist())
    return ClientGroups(found, names, _control_sets(network, rules))


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
