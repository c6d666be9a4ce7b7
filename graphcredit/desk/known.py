"""What was computed of one day, shared by every caller: each thing once, what is asked of single parties the last few."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from threading import Lock, RLock
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from graphcredit.features import FeatureMatrix
from graphcredit.network import Network
from graphcredit.scoring import Outlook
from graphcredit.store import CreditStore

RECENT = 8192
"""Values about single parties that are kept; a score with its reasons in two languages takes some 20 kB."""


@dataclass
class Known:
    """All that was computed for one (day, store version): network, features, outlook, and scores per model."""

    day: date
    version: int
    network: Network
    stale: bool = False
    matrix: FeatureMatrix | None = None
    outlook: Outlook | None = None
    scores: dict[str, pd.DataFrame] = field(default_factory=dict)
    shared: dict[str, Any] = field(default_factory=dict)  # what callers keep beside it (limits, stress results)
    lock: Any = field(default_factory=RLock)
    written: set[str] = field(default_factory=set)  # ids of records of this day that are in the store already
    _recent: OrderedDict[str, Any] = field(default_factory=OrderedDict)
    _making: dict[str, Any] = field(default_factory=dict)
    _naming: Any = field(default_factory=Lock)

    def once(self, name: str, compute: Callable[[], Any]) -> Any:
        """A value computed once and kept with this day and version; those who ask meanwhile wait for it, nobody else."""
        if name in self.shared:  # nothing is ever taken out
            return self.shared[name]
        with self._single(name):
            if name not in self.shared:
                self.shared[name] = compute()
        return self.shared[name]

    def recent(self, name: str, compute: Callable[[], Any]) -> Any:
        """The same for one of very many values: the last ones asked for are kept."""
        found = self._recalled(name)
        if found is None:
            with self._single(name):
                found = self._recalled(name)
                if found is None:
                    found = compute()
                    with self._naming:
                        self._recent[name] = found
                        while len(self._recent) > RECENT:
                            self._recent.popitem(last=False)
        return found

    def _recalled(self, name: str) -> Any:
        with self._naming:
            if name in self._recent:
                self._recent.move_to_end(name)
            return self._recent.get(name)

    def _single(self, name: str) -> "_Single":
        return _Single(self, name)

    def party(self, store: CreditStore, party_id: str) -> dict[str, Any] | None:
        """A party's facts, exact; None where it is not known by the day. All parties are read at the first question."""
        columns, index = self.parties(store)
        at = index.get(party_id)
        return None if at is None else {name: column[at].as_py() for name, column in columns.items()}

    def parties(self, store: CreditStore) -> tuple[dict[str, pa.Array], Any]:
        """All parties' facts by column, and where each party is; read once."""
        found: tuple[dict[str, pa.Array], Any] = self.once("parties", lambda: self._parties(store))
        return found

    def _parties(self, store: CreditStore) -> tuple[dict[str, pa.Array], Any]:
        rows = store.read("parties", as_of=self.day, ordered=False)
        rows = rows.take(pc.sort_indices(rows["party_id"]))
        columns = {name: pa.concat_arrays(rows[name].chunks) if len(rows) else rows[name] for name in rows.column_names}
        ids = rows["party_id"].to_numpy(zero_copy_only=False)
        if np.array_equal(ids, self.network.ids):
            return columns, self.network.index
        return columns, {party: at for at, party in enumerate(ids.tolist())}  # loaded between the two reads


class _Single:
    """Lets one thread at a time compute a value."""

    def __init__(self, known: Known, name: str) -> None:
        self.known, self.name = known, name

    def __enter__(self) -> None:
        with self.known._naming:
            self.lock, self.waiting = self.known._making.setdefault(self.name, (RLock(), [0]))
            self.waiting[0] += 1
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()
        with self.known._naming:
            self.waiting[0] -= 1
            if not self.waiting[0]:
                self.known._making.pop(self.name, None)
