"""The CreditStore port: what every store does. No driver is imported here.

Facts are versioned: the same key with another `recorded_at` is a new version. A read takes `as_of` and returns,
per key, the version last recorded by then, if it holds on that day. Records (scores, decisions, alerts, users, audit
lines, ...) are the system's own documents, written atomically together with claims on scarce things (limits, invoices).
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import pyarrow as pa

from graphcredit.exc import CapacityError, StoreError

if TYPE_CHECKING:
    from graphcredit.store.changes import Change, Changes

AsOf = date | datetime | None
Progress = Callable[[int, int], None]
"""Called with (done, total) rows; it may raise to cancel between batches."""

SCHEMA_VERSION = 4


@dataclass(frozen=True, slots=True)
class UpsertResult:
    """What one batch did. `conflicts` holds the rows refused: same key and recorded_at, other content."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    conflicts: pa.Table | None = None


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What a store says of itself."""

    engine: str
    engine_version: str
    url: str  # without the password
    schema_version: int
    version: int  # grows with every committed change of facts; caches are keyed by it
    facts: Mapping[str, int]  # versions per table
    records: Mapping[str, int]  # records per kind
    quarantined: int
    latest_recorded_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A value that kept its row out, and how to mend it."""

    file: str
    row: int  # 1 = the first line of the file, the header counts
    table: str
    column: str
    value: str
    reason: str
    remedy: str
    content: Mapping[str, str | None] = field(default_factory=dict)  # the whole row as read


@dataclass(frozen=True, slots=True)
class Record:
    """A document of the system's own: a score, decision, alert, user, job, ... `body` is JSON-able."""

    kind: str
    record_id: str
    body: Mapping[str, Any]
    party_id: str | None = None
    at: datetime | None = None  # naive UTC; the store's clock when absent
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Claim:
    """A use of something scarce: the amounts claimed on one `resource` never sum to more than `capacity`.

    `claim_id` makes it idempotent: the same claim twice counts once. A negative amount releases.
    """

    resource: str
    claim_id: str
    amount: Decimal
    capacity: Decimal

    def over(self, used: Decimal) -> CapacityError | None:
        """What is wrong with it where so much of the resource is used; None where it fits."""
        if self.amount <= 0 or used + self.amount <= self.capacity:
            return None
        return CapacityError(
            f"{self.resource}: {self.amount} more than the {self.capacity - used} left of {self.capacity}",
            remedy="ask for less, or wait until some of it is released",
            resource=self.resource,
            capacity=self.capacity,
            claimed=used,
        )


Head = tuple[int, str]
"""Number and hash of the last entry of a chain."""


@dataclass(frozen=True, slots=True)
class Chained:
    """Entries for the end of a chain of records of one kind, linked by who commits them, so that nobody comes between.

    Attributes:
        kind: of the chain's records.
        entries: in order.
        link: (entries, head) -> the record that holds them, and the head after it.
        head: reads the head from the store.
    """

    kind: str
    entries: tuple[Mapping[str, Any], ...]
    link: Callable[[Sequence[Mapping[str, Any]], Head], tuple[Record, Head]]
    head: Callable[[], Head]


@dataclass(frozen=True, slots=True)
class New:
    """What one caller writes that is new for certain, all or nothing; see `CreditStore.put_new`."""

    records: Sequence[Record]
    claims: Sequence[Claim] = ()
    chained: Chained | None = None


class CreditStore(ABC):
    """A store of facts and records. Open one with `graphcredit.store.open_store(url)`; use it as a context manager.

    Methods may be called from several threads. All raise StoreUnavailableError when the engine is away.
    """

    url: str
    chains: ClassVar[bool] = False
    """Whether `put_new` writes the entries, too."""
    copies: ClassVar[bool] = False
    """Whether a copy of this process can answer from what the store keeps in memory."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Release the engine; further calls fail."""

    @abstractmethod
    def ping(self) -> None:
        """Return when the store answers a query; raise StoreUnavailableError otherwise."""

    @abstractmethod
    def info(self) -> StoreInfo:
        """Versions and counts."""

    @abstractmethod
    def version(self) -> int:
        """A number that grows with every committed change of facts (not of records)."""

    def copying(self) -> "AbstractContextManager[Changes]":
        """Held while this process is forked: copy and process know the same then, and what is written after it is among the
        changes, so that the copy can `follow`.

        Raises:
            StoreError: a copy would have to ask the store all the same, see `copies`.
        """
        raise StoreError(f"a copy of this process cannot use {self.url}", remedy="do without one")

    def in_copy(self) -> None:
        """In the copy: answer from memory alone; what is not there raises StoreUnavailableError."""
        raise StoreError(f"a copy of this process cannot use {self.url}", remedy="do without one")

    def follow(self, changes: "Sequence[Change]") -> None:  # noqa: ARG002
        """In the copy: take in what was written meanwhile, in order."""
        raise StoreError(f"a copy of this process cannot follow {self.url}", remedy="do without one")

    # -- facts ---------------------------------------------------------------------------------------------------

    @abstractmethod
    def upsert(self, table: str, rows: pa.Table, *, progress: Progress | None = None) -> UpsertResult:
        """Write one batch of validated facts, all or nothing; the same rows again change nothing.

        `rows` has the table's columns (absent ones are null; `recorded_at` never null, naive UTC microseconds; MONEY
        as decimal128(24, 4)) and optionally `attributes`, a JSON object as text with sorted keys. Keys within one batch
        may repeat with different `recorded_at`.

        Raises:
            StoreError: a required column is missing or has another type.
        """

    @abstractmethod
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
        """Facts known and holding as of a moment, one row a key, ordered by key unless `ordered` is False.

        Args:
            table: a canonical table's name.
            as_of: a date means the end of that day; None means now.
            columns: the ones wanted (`attributes` and `recorded_at` included on request); None = all.
            where: column -> accepted values (text), for reads round a few parties; conditions are joined by AND.
            since: only facts whose `begins` date is on or after it.
            holding: False also returns facts that have ended by then (`ends` before as_of).
            floats: MONEY columns as float64, for kernels.
        """

    @abstractmethod
    def versions(
        self, table: str, *, key: Sequence[str] | None = None, batch_rows: int = 200_000
    ) -> "pa.RecordBatchReader":
        """Every version of every fact (or of one key), ordered by key and recorded_at; for history, copy and verify."""

    @abstractmethod
    def search_parties(self, text: str, *, limit: int = 20, as_of: AsOf = None) -> pa.Table:
        """Parties whose id, USCC, LEI, tax id or name matches `text`; exact first, then prefix, substring, similar."""

    # -- quarantine ----------------------------------------------------------------------------------------------

    @abstractmethod
    def quarantine(self, rows: Sequence[QuarantinedRow], *, source: str) -> None:
        """Replace what an earlier load of `source` (a file's name) left in quarantine by `rows`."""

    @abstractmethod
    def quarantined(self, *, source: str | None = None, limit: int | None = None) -> list[QuarantinedRow]:
        """Rows waiting to be mended, by file and row."""

    # -- records and claims --------------------------------------------------------------------------------------

    @abstractmethod
    def put_records(self, records: Sequence[Record], *, claims: Sequence[Claim] = ()) -> None:
        """Write records and claims in one transaction: all of them or none, whatever runs beside it.

        Revision 1 inserts; revision n + 1 replaces revision n (earlier revisions stay readable).

        Raises:
            ConflictError: the record exists with that or a later revision.
            CapacityError: a claim would exceed its capacity; `details` name resource, capacity and claimed.
        """

    def put_new(
        self,
        records: Sequence[Record],
        *,
        claims: Sequence[Claim] = (),
        chained: Chained | None = None,  # noqa: ARG002  (for stores that can)
    ) -> Head | None:
        """`put_records` of what is new for certain: ids made for this very write, so that nobody can have used them.

        A store may keep that in a quicker way, and needs not look whether it is there.

        Args:
            records: first revisions. claims: of ids made for this write as well.
            chained: entries for the end of their chain in the same transaction, where the store can do that.

        Returns:
            A head of the chain with the entries in it; None: the records were put, and the entries are still to be.

        Raises:
            CapacityError: see `put_records`; nothing was written.
        """
        self.put_records(records, claims=claims)
        return None

    def put_new_together(self, news: Sequence[New]) -> "list[Head | Exception | None]":
        """`put_new` of several callers in order, each all or nothing: what it returns or raises.

        A store that waits for its disk may wait once for all of them.
        """
        found: list[Head | Exception | None] = []
        for new in news:
            try:
                found.append(self.put_new(new.records, claims=new.claims, chained=new.chained))
            except Exception as error:  # noqa: BLE001  (raised to the caller whose it is)
                found.append(error)
        return found

    def put_new_takes(self) -> float:
        """Seconds that `put_new` took lately; infinite where it asks a server."""
        return math.inf

    @abstractmethod
    def get_record(self, kind: str, record_id: str, *, revision: int | None = None) -> Record | None:
        """One record (its latest revision unless stated), or None."""

    @abstractmethod
    def find_records(
        self,
        kind: str,
        *,
        party_id: str | None = None,
        where: Mapping[str, str] | None = None,
        before: tuple[datetime, str] | None = None,
        limit: int = 100,
    ) -> list[Record]:
        """Latest revisions, newest first by (at, record_id); `where` compares top-level body fields as text."""

    @abstractmethod
    def latest_records(self, kind: str, *, as_of: AsOf = None) -> dict[str, Record]:
        """Per party its newest record of this kind (`at` <= as_of); for portfolios."""

    def stamp(self, kind: str) -> int | None:  # noqa: ARG002  (a store that others write to as well knows nothing)
        """A number that grows with every write of records of a kind, where the store knows it without looking; else None.

        What was read before may be kept while the number stays the same.
        """
        return None

    def written(self, kind: str, since: int) -> "list[Record] | None":  # noqa: ARG002
        """Records of a kind written after its `stamp` was `since`, first to last; None: read them all again.

        A store remembers them from the first time it is asked about a kind.
        """
        return None

    @abstractmethod
    def every_record(self) -> Iterator[Record]:
        """Every revision of every record, earlier revisions first; for copy and verify."""

    @abstractmethod
    def every_claim(self) -> Iterator[Claim]:
        """Every claim, by resource, releases last; for copy and verify."""

    @abstractmethod
    def restore(self, records: Sequence[Record], claims: Sequence[Claim] = ()) -> None:
        """Write records and claims as another store held them, in one transaction; for copies.

        Capacities were checked when the claims were made, so they are not checked again. A revision or claim that
        is here already stays as it is. Revisions of one record come in ascending order.
        """

    @abstractmethod
    def claimed(self, resources: Sequence[str]) -> dict[str, Decimal]:
        """Sum claimed on each resource (0 where nothing is)."""
