"""What was written to a store since a copy of its process was made; so the copy can follow."""

from collections import deque
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from graphcredit.store.base import Record

MOST = 2_000
"""Changes that wait to be told; a copy that misses more is out of date."""


class Claimed(NamedTuple):
    """What is claimed on some resources now."""

    sums: Mapping[str, Decimal]


class Written(NamedTuple):
    """Kinds of records in the order in which they were written, with those records that somebody follows."""

    records: Sequence[tuple[str, Record | None]]


Change = Claimed | Written


class Changes:
    """Changes that are not told yet; added by whichever thread writes, taken by the one that asks the copy."""

    def __init__(self) -> None:
        self._waiting: deque[Change] = deque()
        self.lost = False  # a copy cannot follow any more

    def add(self, change: Change) -> None:
        """Something was written."""
        if len(self._waiting) >= MOST:
            self.lose()
        elif not self.lost:
            self._waiting.append(change)

    def lose(self) -> None:
        """What happened cannot be told, or nobody is there to be told."""
        self.lost = True
        self._waiting.clear()

    def take(self) -> list[Change]:
        """What is to be told, first to last."""
        taken = []
        while self._waiting:
            taken.append(self._waiting.popleft())
        return taken
