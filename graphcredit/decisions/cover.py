"""Cover of a party's debt: guarantees netted through circles, collateral, insurance.

A guarantor's promise counts as far as it could pay when all it has promised is called at once, in proportion (clearing on
the guarantee layer, Eisenberg & Noe 2001). What a party, through others, guarantees back to those who cover it is taken off:
net cover = cover received - greatest flow from the party back to itself along guarantees, so that two firms guaranteeing
each other add nothing. More cover given to a party never lowers its own net cover (the flow grows by at most as much).
"""

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from graphcredit.decisions.amounts import ZERO, from_units, units_of
from graphcredit.decisions.policy.model import Policy
from graphcredit.decisions.positions import Book

ASSETS = ("mortgage", "pledge")
OFFERED = "application"
"""Source of cover that an application offers, beside the facts."""


@dataclass(frozen=True)
class CoverPart:
    """One source of cover: what it says, what of it counts, and the fact behind it."""

    kind: str
    source: str
    giver: str
    stated: Decimal
    counted: Decimal


@dataclass(frozen=True)
class Cover:
    """A party's cover: `counted` = sum of parts less what runs in circles."""

    parts: tuple[CoverPart, ...] = ()
    circular: Decimal = ZERO
    circle: tuple[str, ...] = ()

    @property
    def counted(self) -> Decimal:
        """What counts in all."""
        return max(sum((part.counted for part in self.parts), ZERO) - self.circular, ZERO)


@dataclass
class CoverIndex:
    """What each guarantee is worth, prepared once; `cover_of` answers for one party."""

    book: Book
    policy: Policy
    failed: frozenset[int] = frozenset()  # guarantors who could pay nothing
    payable: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)  # obligor -> (row, guarantor, units)
    given: dict[int, dict[int, int]] = field(default_factory=dict)  # guarantor -> obligor -> units payable
    circle: dict[int, int] = field(default_factory=dict)  # party -> its strongly connected component
    collateral: dict[int, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        guarantees, book = self.book.guarantees, self.book
        promised: dict[int, int] = {}
        for row, kind in enumerate(guarantees.kind):
            if kind not in (*ASSETS, "insurance"):
                giver = int(guarantees.guarantor[row])
                promised[giver] = promised.get(giver, 0) + int(guarantees.units[row])
        pairs: dict[tuple[int, int], list[int]] = {}
        for row, kind in enumerate(guarantees.kind):
            giver, owner, units = (
                int(guarantees.guarantor[row]),
                int(guarantees.obligor[row]),
                int(guarantees.units[row]),
            )
            if kind in (*ASSETS, "insurance"):
                worth = _times(units, self._share_counted(row, kind))
                self.payable.setdefault(owner, []).append((row, giver, worth))
            else:
                pairs.setdefault((giver, owner), []).append(row)
        for (giver, owner), rows in pairs.items():
            self._promise(giver, owner, rows, promised[giver])
        for row, borrower in enumerate(book.facilities.borrower.tolist()):
            if book.facilities.collateral[row] > 0 and borrower >= 0:
                self.collateral.setdefault(borrower, []).append(row)
        self.circle = _circles(self.given, book.n)
        self._in_circle: dict[int, list[int]] = {}
        for giver in self.given:
            if (mark := self.circle.get(giver)) is not None:
                self._in_circle.setdefault(mark, []).append(giver)

    def _share_counted(self, row: int, kind: str) -> Decimal:
        """Share of an asset or an insured limit that counts: the policy's, for insurance at most what the insurer pays."""
        share: Decimal = getattr(self.policy.cover, kind).value
        insured = float(self.book.guarantees.insured[row])
        return min(share, Decimal(repr(insured))) if kind == "insurance" and insured == insured else share

    def _promise(self, giver: int, owner: int, rows: list[int], promised: int) -> None:
        """What one party's guarantees for another are worth, rounded once for all: one more never takes away."""
        able = self.ability(giver)
        stated = [int(self.book.guarantees.units[row]) for row in rows]
        total = sum(stated)
        worth = total if able is None else total * min(able, promised) // max(promised, 1)
        self.given.setdefault(giver, {})[owner] = worth
        left = worth
        for position, (row, units) in enumerate(zip(rows, stated, strict=True)):
            part = left if position == len(rows) - 1 else min(left, worth * units // max(total, 1))
            self.payable.setdefault(owner, []).append((row, giver, part))
            left -= part

    def ability(self, giver: int) -> int | None:
        """Units a guarantor could pay in all; None = a bank, whose promise is taken at its word (its cap still holds)."""
        if giver in self.failed:
            return 0
        if self.book.kind[giver] == "bank":
            return None
        worth = self.book.stated("equity", giver)
        if worth is None or worth[0] <= 0:
            return 0
        return _times(units_of(worth[0]), self.policy.cover.guarantor_net_worth_share.value)

    def cover_of(self, party: int, *, without: frozenset[int] = frozenset()) -> Cover:
        """Net cover of one party; `without` some who give it, as if they did not."""
        book, guarantees = self.book, self.book.guarantees
        parts = [
            CoverPart(
                guarantees.kind[row],
                f"guarantees/{guarantees.ids[row]}",
                str(book.ids[giver]),
                from_units(guarantees.units[row]),
                from_units(worth),
            )
            for row, giver, worth in self.payable.get(party, ())
            if giver not in without
        ]
        share = self.policy.cover.collateral.value
        for row in self.collateral.get(party, ()):
            stated = from_units(book.facilities.collateral[row])
            counted = from_units(_times(int(book.facilities.collateral[row]), share))
            parts.append(
                CoverPart("collateral", f"facilities/{book.facilities.ids[row]}", str(book.ids[party]), stated, counted)
            )
        flow, path = self._back_to(party, without)
        return Cover(tuple(parts), from_units(flow), tuple(str(book.ids[node]) for node in path))

    def _back_to(self, party: int, without: frozenset[int]) -> tuple[int, list[int]]:
        """Greatest flow of guarantees from a party back to itself (Edmonds & Karp), with one circle as an example."""
        mark = self.circle.get(party)
        if mark is None or party not in self.given:
            return 0, []
        left = {
            a: {
                b: units
                for b, units in into.items()
                if self.circle.get(b) == mark and units > 0 and not (b == party and a in without)
            }
            for a, into in ((a, self.given[a]) for a in self._in_circle[mark])
        }
        total, example = 0, list[int]()
        while True:
            before = {-1: -1}
            queue = deque([party])
            reached = False
            while queue and not reached:
                node = queue.popleft()
                for other, units in left.get(node, {}).items():
                    if units <= 0:
                        continue
                    if other == party:
                        before[-1] = node
                        reached = True
                        break
                    if other not in before:
                        before[other] = node
                        queue.append(other)
            if not reached:
                return total, example
            nodes, node = list[int](), before[-1]
            while node != party:
                nodes.append(node)
                node = before[node]
            path = [party, *reversed(nodes), party]
            steps = list(pairwise(path))
            push = min(left[a][b] for a, b in steps)
            for a, b in steps:
                left[a][b] -= push
                if b != party and a != party:
                    left.setdefault(b, {})[a] = left.get(b, {}).get(a, 0) + push
            total += push
            example = example or path


def _times(units: int, share: Decimal) -> int:
    numerator, denominator = share.as_integer_ratio()
    return units * numerator // denominator


def _circles(given: dict[int, dict[int, int]], n: int) -> dict[int, int]:
    rows = [a for a, into in given.items() for _ in into]
    columns = [b for into in given.values() for b in into]
    if not rows:
        return {}
    graph = sparse.csr_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(n, n))
    _, component = connected_components(graph, directed=True, connection="strong")
    size = np.bincount(component)
    return {int(p): int(component[p]) for p in np.flatnonzero(size[component] > 1)}
