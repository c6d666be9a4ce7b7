"""One immutable network per (as-of date, store version), shared by all readers."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from threading import Lock, RLock
from typing import TypeVar

from graphcredit.exc import StoreUnavailableError
from graphcredit.model.asof import as_of_moment
from graphcredit.network.build import build_network
from graphcredit.network.network import Network
from graphcredit.store import CreditStore

Kept = TypeVar("Kept")


@dataclass(frozen=True)
class Snapshot:
    """A network, and whether the store was away when it was asked for (then it may be out of date)."""

    network: Network
    stale: bool = False


def keep_newest(
    kept: "OrderedDict[tuple[date, int], Kept]", key: tuple[date, int], made: Kept, *, keep: int, pinned: date | None
) -> None:
    """Keep something of a (day, version) among the last few.

    Earlier versions of its day go: nobody will ask for them again. Then those go that were not asked for the longest, but
    not what is known of the `pinned` day.
    """
    for old in [old for old in kept if old[0] == key[0] and old[1] < key[1]]:
        del kept[old]
    kept[key] = made
    for old in list(kept):
        if len(kept) <= keep:
            break
        if old != key and old[0] != pinned:
            del kept[old]


class NetworkCache:
    """Keeps the last few networks of a store; safe for many threads."""

    def __init__(self, store: CreditStore, *, keep: int = 4) -> None:
        self.store, self.keep = store, keep
        self.pinned: date | None = None  # the day that most ask for: other days do not push it out
        self._kept: OrderedDict[tuple[date, int], Network] = OrderedDict()
        self._lock, self._building = Lock(), RLock()

    def get(self, as_of: date | None = None) -> Snapshot:
        """The network as of a date.

        Raises:
            StoreUnavailableError: the store is away and no network of that date was built before.
        """
        asked = as_of or as_of_moment(None).date()  # "now" is another network tomorrow
        try:
            key = (asked, self.store.version())
            made = self._found(key)  # what is kept never waits for another day that is being built
            if made is None:
                with self._building:  # one thread builds, the others wait for its result
                    made = self._kept_or_built(key, as_of)
            return Snapshot(made)
        except StoreUnavailableError:
            with self._lock:
                kept = [entry for entry in self._kept.items() if as_of is None or entry[0][0] == as_of]
            if not kept:
                raise
            return Snapshot(max(kept, key=lambda entry: entry[0])[1], stale=True)

    def _found(self, key: tuple[date, int]) -> Network | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _kept_or_built(self, key: tuple[date, int], as_of: date | None) -> Network:
        if (found := self._found(key)) is not None:
            return found
        made = build_network(self.store, as_of)
        with self._lock:
            keep_newest(self._kept, key, made, keep=self.keep, pinned=self.pinned)
        return made
