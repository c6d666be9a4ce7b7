"""Who stands behind the parties of a picture: the controllers at the end of chains of control, also those not shown."""

from collections import deque
from dataclasses import dataclass
from typing import Any

from graphcredit.network import OWNERSHIP, Network
from graphcredit.structure import ConnectionRules

LONGEST = 6


@dataclass(frozen=True)
class Controller:
    """One that controls several parties of the picture; `paths` lead from it to each, in order of the parties."""

    party_id: str
    name: str
    kind: str
    controlled: tuple[str, ...]
    paths: tuple[tuple[str, ...], ...]
    hidden: bool

    def to_json(self) -> dict[str, Any]:
        """JSON-able."""
        return {"id": self.party_id, "name": self.name, "kind": self.kind, "controlled": list(self.controlled),
                "paths": [list(path) for path in self.paths], "hidden": self.hidden}  # fmt: skip


def controllers(network: Network, shown: list[str], *, rules: ConnectionRules | None = None) -> list[Controller]:
    """Ultimate controllers of at least two parties shown, those with most first.

    A tie is control where more than half is held (`rules.control`), or it is a controller's or a branch's. A controller is
    hidden when it holds at least one of them through others only, or is not in the picture itself.

    Raises:
        NotFoundError: a party shown is not in the network.
    """
    rules = rules or ConnectionRules()
    found: dict[int, dict[int, tuple[int, ...]]] = {}
    for party in network.positions(shown).tolist():
        for top, path in _tops(network, party, rules).items():
            found.setdefault(top, {})[party] = path
    inside = set(shown)
    made = []
    for top, held in found.items():
        if len(held) < 2:
            continue
        party_id = str(network.ids[top])
        paths = tuple(tuple(str(network.ids[k]) for k in held[p]) for p in sorted(held))
        made.append(
            Controller(
                party_id=party_id,
                name=_text(network, "name", top) or party_id,
                kind=_text(network, "kind", top) or "company",
                controlled=tuple(str(network.ids[p]) for p in sorted(held)),
                paths=paths,
                hidden=party_id not in inside or any(len(path) > 2 for path in paths),
            )
        )
    return sorted(made, key=lambda one: (-len(one.controlled), one.party_id))


def _text(network: Network, name: str, k: int) -> str:
    values = network.attributes.get(name)
    return "" if values is None else str(values[k])


def _holders(network: Network, party: int, rules: ConnectionRules) -> list[int]:
    """Those who control a party directly."""
    layer = network.layer(OWNERSHIP)
    found: set[int] = set()
    shares = _reverse(network, "shareholder") if "shareholder" in layer.kinds else layer.transposed
    begin, end = shares.indptr[party], shares.indptr[party + 1]
    found |= set(shares.indices[begin:end][shares.data[begin:end] > rules.control].tolist())
    for kind in rules.control_kinds:
        if kind in layer.kinds:
            held = _reverse(network, kind)
            found |= set(held.indices[held.indptr[party] : held.indptr[party + 1]].tolist())
    return sorted(found)


def _reverse(network: Network, kind: str) -> Any:
    """A kind of ownership seen from the party held, kept with the network's layer."""
    layer = network.layer(OWNERSHIP)
    kept = layer.__dict__.setdefault("_held_by", {})
    if kind not in kept:
        kept[kind] = layer.kinds[kind].T.tocsr()
    return kept[kind]


def _tops(network: Network, party: int, rules: ConnectionRules) -> dict[int, tuple[int, ...]]:
    """Ultimate controllers of a party, each with a shortest path down to it."""
    reached: dict[int, tuple[int, ...]] = {party: (party,)}
    queue, tops = deque([party]), dict[int, tuple[int, ...]]()
    while queue:
        here = queue.popleft()
        above = [holder for holder in _holders(network, here, rules) if holder not in reached[here]]
        if (not above or len(reached[here]) > LONGEST) and here != party:
            tops[here] = reached[here]
            continue
        for holder in above:
            if holder not in reached:
                reached[holder] = (holder, *reached[here])
                queue.append(holder)
    return tops
