"""A store that may go away, and what it said last.

Once a call finds the store away, the following ones ask at most once a second whether it is back, instead of waiting for it
each. Meanwhile a request that only reads is told what the same question was answered before, and its answer says so; a
request that writes is refused. Who may sign in is never answered from memory here (see `auth.access.remembered`).
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from threading import Lock
from typing import Any

import pyarrow as pa

from graphcredit.exc import StoreUnavailableError
from graphcredit.store import AsOf, Claim, CreditStore, QuarantinedRow, Record, StoreInfo, UpsertResult
from graphcredit.store.base import Progress
from graphcredit_api.metrics import STALE

NEVER = frozenset({"user", "api_key", "refresh_token", "idempotency", "job", "job_cancel", "audit"})
"""Kinds of records that are not answered from memory: who may do what, and what must be as it is now."""
PROBE = 1.0  # seconds between two looks at whether the store is back
KEPT, LARGEST = 5_000, 2_000_000  # answers kept, and bytes of the largest
WAITS = 2.0  # seconds that the first call waits for a store that does not answer


@dataclass
class Asking:
    """One request: whether it may be told what was known last, and whether it was."""

    reads: bool
    told: bool = False


asking: ContextVar[Asking | None] = ContextVar("asking", default=None)


class LastKnown(CreditStore):
    """The store `inner`, with its last answers.

    Args:
        inner: the store.
        probe: seconds between two looks at whether it is back.
    """

    def __init__(self, inner: CreditStore, *, probe: float = PROBE) -> None:
        self.inner, self.url, self.probe = inner, inner.url, probe
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._records: OrderedDict[tuple[str, str], Record | None] = OrderedDict()
        self._claims: dict[str, Decimal] = {}
        self._unclear: set[str] = set()  # claimed on since they were read
        self._all_claims = False
        self._away: StoreUnavailableError | None = None
        self._looked = 0.0
        self._lock = Lock()

    @property
    def away(self) -> bool:
        """Whether the store did not answer when last asked."""
        return self._away is not None

    # -- asking

    def _ask(self, call: Callable[[], Any]) -> Any:
        """What the store says.

        Raises:
            StoreUnavailableError: it is away; at once where that is known.
        """
        self._look()
        try:
            found = call()
        except StoreUnavailableError as error:
            with self._lock:
                self._away, self._looked = error, time.monotonic()
            STALE.set(1)
            _tell()
            raise
        return found

    def _look(self) -> None:
        """While the store is away: whether it is back, once a moment and by one thread."""
        with self._lock:
            away, now = self._away, time.monotonic()
            due = away is not None and now - self._looked >= self.probe
            if due:
                self._looked = now
        if away is None:
            return
        if due:
            try:
                self.inner.ping()
            except StoreUnavailableError as error:
                away = error
            else:
                self._back()
                return
        _tell()
        raise StoreUnavailableError(away.message, remedy=away.remedy)

    def _back(self) -> None:
        self._away = None
        STALE.set(0)

    def _remembered(self, key: Hashable, call: Callable[[], Any]) -> Any:
        """What the store says, or said last to a request that only reads."""
        try:
            found = self._ask(call)
        except StoreUnavailableError:
            with self._lock:
                if not _may_be_told() or key not in self._answers:
                    raise
                return self._answers[key]
        self._keep(self._answers, key, found)
        return found

    def _keep(self, among: "OrderedDict[Any, Any]", key: Hashable, found: Any) -> None:
        if isinstance(found, pa.Table) and found.nbytes > LARGEST:
            return
        with self._lock:
            among[key] = found
            among.move_to_end(key)
            while len(among) > KEPT:
                among.popitem(last=False)

    # -- the store itself

    def close(self) -> None:
        """Release the engine."""
        self.inner.close()

    def ping(self) -> None:
        """Return when the store answers a query."""
        self.inner.ping()
        self._back()

    def info(self) -> StoreInfo:
        """Versions and counts."""
        found: StoreInfo = self._ask(self.inner.info)
        return found

    def version(self) -> int:
        """A number that grows with every committed change of facts; never from memory: caches tell by it what is old."""
        return int(self._ask(self.inner.version))

    # -- facts

    def upsert(self, table: str, rows: pa.Table, *, progress: Progress | None = None) -> UpsertResult:
        """Write facts."""
        done: UpsertResult = self._ask(lambda: self.inner.upsert(table, rows, progress=progress))
        return done

    def read(
        self,
        table: str,
        *,
        as_of: AsOf = None,
        columns: Sequence[str] | None = None,
        where: Mapping[str, Sequence[str]] | None = None,
        since: date | None = None,
        holding: bool = True,
        floats: bool = False,
        ordered: bool = True,
    ) -> pa.Table:
        """Facts known and holding as of a moment; those about a few parties are remembered."""
        how = {"as_of": as_of, "columns": columns, "where": where, "since": since, "holding": holding}

        def call() -> Any:
            return self.inner.read(table, **how, floats=floats, ordered=ordered)  # type: ignore[arg-type]  # as given

        if where is None:
            return self._ask(call)
        asked = tuple((name, tuple(values)) for name, values in sorted(where.items()))
        key = ("read", table, as_of, tuple(columns or ()), asked, since, holding, floats, ordered)
        return self._remembered(key, call)

    def versions(
        self, table: str, *, key: Sequence[str] | None = None, batch_rows: int = 200_000
    ) -> pa.RecordBatchReader:
        """Every version of every fact, or of one key."""
        return self._ask(lambda: self.inner.versions(table, key=key, batch_rows=batch_rows))

    def search_parties(self, text: str, *, limit: int = 20, as_of: AsOf = None) -> pa.Table:
        """Parties that match a text."""
        call = lambda: self.inner.search_parties(text, limit=limit, as_of=as_of)  # noqa: E731
        return self._remembered(("search", text, limit, as_of), call)

    # -- quarantine

    def quarantine(self, rows: Sequence[QuarantinedRow], *, source: str) -> None:
        """Keep rows that were not loaded."""
        self._ask(lambda: self.inner.quarantine(rows, source=source))

    def quarantined(self, *, source: str | None = None, limit: int | None = None) -> list[QuarantinedRow]:
        """Rows waiting to be mended."""
        call = lambda: self.inner.quarantined(source=source, limit=limit)  # noqa: E731
        return list(self._remembered(("quarantined", source, limit), call))

    # -- records and claims

    def put_records(self, records: Sequence[Record], *, claims: Sequence[Claim] = ()) -> None:
        """Write records and claims; what was written is known from then on."""
        self._ask(lambda: self.inner.put_records(records, claims=claims))
        now = datetime.now(UTC).replace(tzinfo=None)
        for record in records:
            if record.kind not in NEVER:
                self._keep(self._records, (record.kind, record.record_id), replace(record, at=record.at or now))
        with self._lock:
            for claim in claims:
                self._claims.pop(claim.resource, None)
                self._unclear.add(claim.resource)

    def get_record(self, kind: str, record_id: str, *, revision: int | None = None) -> Record | None:
        """One record, or None."""
        call = lambda: self.inner.get_record(kind, record_id, revision=revision)  # noqa: E731
        if kind in NEVER:
            found: Record | None = self._ask(call)
            return found
        if revision is not None:
            earlier: Record | None = self._remembered(("record", kind, record_id, revision), call)
            return earlier
        try:
            found = self._ask(call)
        except StoreUnavailableError:
            with self._lock:
                if not _may_be_told() or (kind, record_id) not in self._records:
                    raise
                return self._records[kind, record_id]
        self._keep(self._records, (kind, record_id), found)
        return found

    def find_records(
        self,
        kind: str,
        *,
        party_id: str | None = None,
        where: Mapping[str, str] | None = None,
        before: tuple[datetime, str] | None = None,
        limit: int = 100,
    ) -> list[Record]:
        """Latest revisions, newest first."""

        def call() -> list[Record]:
            return self.inner.find_records(kind, party_id=party_id, where=where, before=before, limit=limit)

        if kind in NEVER:
            return list(self._ask(call))
        asked = tuple(sorted((where or {}).items()))
        found: list[Record] = self._remembered(("find", kind, party_id, asked, before, limit), call)
        for record in found[:KEPT]:
            self._keep(self._records, (kind, record.record_id), record)
        return list(found)

    def latest_records(self, kind: str, *, as_of: AsOf = None) -> dict[str, Record]:
        """Per party its newest record of a kind."""
        found: dict[str, Record] = self._ask(lambda: self.inner.latest_records(kind, as_of=as_of))
        return found

    def stamp(self, kind: str) -> int | None:
        """As the store itself: what needs no look is never away."""
        return self.inner.stamp(kind)

    def written(self, kind: str, since: int) -> list[Record] | None:
        """As the store itself."""
        return self.inner.written(kind, since)

    def every_record(self) -> Iterator[Record]:
        """Every revision of every record."""
        return iter(self._ask(lambda: list(self.inner.every_record())))

    def every_claim(self) -> Iterator[Claim]:
        """Every claim; from then on it is known what is claimed on what."""
        made: list[Claim] = self._ask(lambda: list(self.inner.every_claim()))
        sums: dict[str, Decimal] = {}
        for claim in made:
            sums[claim.resource] = sums.get(claim.resource, Decimal(0)) + claim.amount
        with self._lock:
            self._claims, self._all_claims, self._unclear = sums, True, set()
        return iter(made)

    def restore(self, records: Sequence[Record], claims: Sequence[Claim] = ()) -> None:
        """Write records and claims as another store held them."""
        self._ask(lambda: self.inner.restore(records, claims))

    def claimed(self, resources: Sequence[str]) -> dict[str, Decimal]:
        """Sum claimed on each resource."""
        try:
            found: dict[str, Decimal] = self._ask(lambda: self.inner.claimed(resources))
        except StoreUnavailableError:
            with self._lock:
                every = self._all_claims and self._unclear.isdisjoint(resources)
                if not (every or all(name in self._claims for name in resources)) or not _may_be_told():
                    raise
                return {name: self._claims.get(name, Decimal(0)) for name in resources}
        with self._lock:
            self._claims.update(found)
            self._unclear.difference_update(found)
        return found


def _tell() -> None:
    """Note with the request that the store was away."""
    now = asking.get()
    if now is not None:
        now.told = True


def _may_be_told() -> bool:
    now = asking.get()
    return now is not None and now.reads
