"""Groups of connected clients, built when they are looked at: ties once, a root a group, members and paths on demand.

Overlapping groups may have far more memberships than there are parties (a firm that half an economy depends on is in the group
of each of its own roots), so none is kept: a group is a walk over the ties from its root, a party's groups are the roots of a
walk backwards from it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar, overload

import numpy as np
import numpy.typing as npt

from graphcredit.exc import NotFoundError, ShapeError
from graphcredit.structure.kernels_groups import reach, reach_sums

Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
KEPT = 32  # groups held in memory after they were looked at


@dataclass(frozen=True)
class Steps:
    """Ties of connection as CSR over parties, strongest first: who follows into the group of whom, why, and how strongly."""

    indptr: Ints
    target: Places
    share: npt.NDArray[np.float64]
    reason: npt.NDArray[np.int8]
    back_indptr: Ints
    back_source: Places


@dataclass(frozen=True, eq=False)
class Membership:
    """Why a party is in a group: the last step's reason and share; `path` leads there from the root."""

    party: str
    reason: str  # root, control, sales, purchases, guarantee, repayment
    share: float
    _group: "ClientGroup" = field(repr=False)
    _place: int = field(repr=False)

    @property
    def path(self) -> tuple[str, ...]:
        """Parties from the root to this one, over a shortest path."""
        return self._group.path_at(self._place)

    def to_json(self) -> dict[str, Any]:
        """Party, reason, share and path."""
        return {"party": self.party, "reason": self.reason, "share": self.share, "path": list(self.path)}

    def _key(self) -> tuple[Any, ...]:
        return (self.party, self.reason, self.share, self.path)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Membership) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((self.party, self.reason, self.share))


class ClientGroup:
    """One group: its `root`, its `size`, and its members, the root first; walked when first looked into."""

    def __init__(self, clients: "ConnectedClients", start: int, size: int) -> None:
        self._clients, self._start, self.size = clients, start, size
        self.root = str(clients.ids[start])
        self._walked: tuple[Places, Places, Ints] | None = None

    @property
    def _walk(self) -> tuple[Places, Places, Ints]:
        """Positions in order of the walk, place of each one's predecessor in it (-1 = the root's), tie it came over."""
        if self._walked is None:  # not a cached property: in 3.11 those of all groups would wait for one lock
            steps = self._clients.steps
            self._walked = reach(steps.indptr, steps.target, self._start, len(self._clients.ids))
        return self._walked

    @property
    def positions(self) -> Places:
        """Positions of the members in the network, the root first, (size,)."""
        return self._walk[0]

    def _place_of(self, party: object) -> int:
        """Place of a party in the walk; -1 where it is not in the group."""
        found = np.flatnonzero(self.positions == self._clients.position_of(party))
        return int(found[0]) if len(found) else -1

    @property
    def members(self) -> "Members":
        """Every membership, the root first; made one by one."""
        return Members(self)

    def __len__(self) -> int:
        return self.size

    def __contains__(self, party: object) -> bool:
        return self._place_of(party) >= 0

    def member(self, party: str) -> Membership:
        """The membership of one party.

        Raises:
            NotFoundError: it is not in the group.
        """
        return self.member_at(self._required(party))

    def chain(self, party: str) -> tuple[Membership, ...]:
        """The memberships from the root's to that of a party, over a shortest path.

        Raises:
            NotFoundError: it is not in the group.
        """
        place, before, found = self._required(party), self._walk[1], []
        while place >= 0:
            found.append(self.member_at(place))
            place = int(before[place])
        return tuple(reversed(found))

    def _required(self, party: str) -> int:
        place = self._place_of(party)
        if place < 0:
            raise NotFoundError(
                f"{party} is not in the group of {self.root}", remedy="ask for a member", party_id=party
            )
        return place

    def member_at(self, place: int) -> Membership:
        """The membership at a place of the walk, 0 = the root."""
        order, _, over = self._walk
        party, tie = str(self._clients.ids[order[place]]), int(over[place])
        if tie < 0:
            return Membership(party, "root", 1.0, self, place)
        steps = self._clients.steps
        return Membership(party, REASONS[steps.reason[tie]], float(steps.share[tie]), self, place)

    def path_at(self, place: int) -> tuple[str, ...]:
        """Parties from the root to a place of the walk."""
        order, before, _ = self._walk
        found = []
        while place >= 0:
            found.append(str(self._clients.ids[order[place]]))
            place = int(before[place])
        return tuple(reversed(found))

    def to_json(self) -> dict[str, Any]:
        """Root, size and members."""
        return {"root": self.root, "size": self.size, "members": [member.to_json() for member in self.members]}

    def __repr__(self) -> str:
        return f"ClientGroup(root={self.root!r}, size={self.size})"


CONTROL, SALES, PURCHASES, GUARANTEED, REPAYMENT = "control", "sales", "purchases", "guarantee", "repayment"
REASONS = (CONTROL, SALES, PURCHASES, GUARANTEED, REPAYMENT)


T = TypeVar("T")


class _Lazy(Sequence[T]):
    """A sequence whose entries are made when they are asked for."""

    def _at(self, place: int) -> T:
        raise IndexError(place)

    @overload
    def __getitem__(self, key: int) -> T: ...

    @overload
    def __getitem__(self, key: slice) -> tuple[T, ...]: ...

    def __getitem__(self, key: int | slice) -> T | tuple[T, ...]:
        if isinstance(key, slice):
            return tuple(self._at(place) for place in range(*key.indices(len(self))))
        if not -len(self) <= key < len(self):
            raise IndexError(f"{key} of {len(self)}")
        return self._at(key % len(self))

    def __iter__(self) -> Iterator[T]:
        return (self._at(place) for place in range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(self) != len(other):
            return False
        return all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return id(self)

    def to_json(self) -> list[Any]:
        """All entries."""
        return list(self)


class Members(_Lazy[Membership]):
    """Memberships of one group."""

    def __init__(self, group: ClientGroup) -> None:
        self._group = group

    def __len__(self) -> int:
        return self._group.size

    def _at(self, place: int) -> Membership:
        return self._group.member_at(place)


class Groups(_Lazy[ClientGroup]):
    """All groups, largest first; the last few looked at are kept."""

    def __init__(self, clients: "ConnectedClients") -> None:
        self._clients, self._kept = clients, dict[int, ClientGroup]()

    def __len__(self) -> int:
        return len(self._clients.roots)

    def _at(self, place: int) -> ClientGroup:
        found = self._kept.get(place)
        if found is None:
            found = ClientGroup(self._clients, int(self._clients.roots[place]), int(self._clients.sizes[place]))
            for old in list(self._kept)[: max(len(self._kept) - KEPT + 1, 0)]:
                self._kept.pop(old, None)
            self._kept[place] = found
        return found


@dataclass(frozen=True, eq=False)
class ConnectedClients:
    """All groups of at least two parties, largest first.

    Attributes:
        ids: of all parties, (n,); rules: thresholds used (ConnectionRules).
        roots, sizes: of each group, (g,), roots as positions.
        steps: ties of connection.
    """

    ids: npt.NDArray[np.object_] = field(repr=False)
    rules: Any
    roots: Ints = field(repr=False)
    sizes: Ints = field(repr=False)
    steps: Steps = field(repr=False)

    @cached_property
    def groups(self) -> Groups:
        """The groups, each made when it is asked for."""
        return Groups(self)

    @cached_property
    def _number(self) -> Places:
        """Group of which a party is the root, (n,); -1 = none."""
        found = np.full(len(self.ids), -1, dtype=np.int32)
        found[self.roots] = np.arange(len(self.roots))
        return found

    @cached_property
    def _index(self) -> dict[Any, int]:
        return {party: position for position, party in enumerate(self.ids.tolist())}

    def position_of(self, party: object) -> int:
        """Position of a party, -1 where it is not known."""
        return self._index.get(party, -1)

    def groups_of(self, party: str) -> tuple[int, ...]:
        """Numbers of the groups with this party, in order; none for an unknown one."""
        place = self.position_of(party)
        if place < 0:
            return ()
        above, _, _ = reach(self.steps.back_indptr, self.steps.back_source, place, len(self.ids))
        found = self._number[above]
        return tuple(np.sort(found[found >= 0]).tolist())

    def of(self, party: str) -> tuple[ClientGroup, ...]:
        """Every group with this party."""
        return tuple(self.groups[number] for number in self.groups_of(party))

    def sums(self, units: npt.NDArray[np.int64]) -> Ints:
        """Exact sums of whole numbers, one a party, over the members of each group, (g,).

        Raises:
            ShapeError: not one number a party.
        """
        given = np.asarray(units, dtype=np.int64)
        if given.shape != (len(self.ids),):
            raise ShapeError(f"{given.shape} numbers for {len(self.ids)} parties", remedy="give one number a party")
        return np.asarray(reach_sums(self.steps.indptr, self.steps.target, self.roots, given), dtype=np.int64)
