"""Group commit: writers that come while another one commits are written by the next of them in one transaction.

Each put still is all or nothing, and returns once it is durable. A put that does not go through with the others (a capacity
used up, a record that exists, a claim that is repeated, a later revision) is written on its own, with every check.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

import duckdb

from graphcredit.store.base import Chained, Claim, Head, Record
from graphcredit.store.duckdb import records
from graphcredit.store.duckdb.memory import Memory, stored

MOST = 32
"""Puts in one transaction."""
Writing = Callable[..., AbstractContextManager[duckdb.DuckDBPyConnection]]
Sums = Callable[[Sequence[str]], dict[str, Decimal]]


@dataclass(eq=False)
class Put:
    """What one caller writes."""

    records: Sequence[Record]
    claims: Sequence[Claim]
    chained: Chained | None = None
    head: Head | None = None
    done: bool = False
    error: BaseException | None = field(default=None)

    @property
    def plain(self) -> bool:
        """Whether it needs nothing read: only new records."""
        return all(record.revision == 1 for record in self.records)


class Commits:
    """Writes puts of many threads.

    Args:
        memory: of the file, told what was committed.
        writing: opens a transaction for so many statements (more than one, unless told), with the writers' lock held.
        sums: what is claimed on resources now.
    """

    def __init__(self, memory: Memory, writing: Writing, sums: Sums) -> None:
        self.memory, self.writing, self.sums = memory, writing, sums
        self._waiting: deque[Put] = deque()

    def put(self, written: Sequence[Record], claims: Sequence[Claim], chained: Chained | None = None) -> Head | None:
        """Write records, claims and entries of a chain, all or none; see `CreditStore.put_chained`."""
        mine = Put(written, claims, chained)
        self._waiting.append(mine)
        try:
            while not mine.done:
                with self.memory.writing:  # who gets it writes for all who came meanwhile
                    if not mine.done:
                        self._write([self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))])
        finally:
            if not mine.done:  # interrupted: nobody else shall write it
                self._waiting.remove(mine)
        if mine.error is not None:
            raise mine.error
        return mine.head

    def _write(self, batch: list[Put]) -> None:
        try:
            together, sums = self._fitting([put for put in batch if put.plain])
            if not self._together(together, sums):
                together = []
            for put in batch:
                if put not in together:
                    self._alone(put)
        except BaseException as error:
            for put in batch:
                put.error = put.error or error
            if not isinstance(error, Exception):
                raise
        finally:
            for put in batch:
                put.done = True

    def _fitting(self, puts: list[Put]) -> tuple[list[Put], dict[str, Decimal]]:
        """Those whose claims fit into what is left, one after the other, and the sums after them."""
        names = sorted({claim.resource for put in puts for claim in put.claims})
        used, fitting = (self.sums(names) if names else {}), []
        for put in puts:
            after: dict[str, Decimal] = {}
            for claim in put.claims:
                before = after.get(claim.resource, used[claim.resource])
                if claim.amount > 0 and before + claim.amount > claim.capacity:
                    break
                after[claim.resource] = before + stored(claim.amount)
            else:
                used |= after
                fitting.append(put)
        return fitting, used

    def _together(self, puts: list[Put], sums: dict[str, Decimal]) -> bool:
        """Write several puts in one transaction; whether it went through."""
        claims = [claim for put in puts for claim in put.claims]
        written = [record for put in puts for record in put.records]
        if len({(claim.resource, claim.claim_id) for claim in claims}) < len(claims):
            return False
        try:
            with self._linked(puts) as linked, self.writing(statements=2 if claims else 1) as cursor:
                written += linked
                records.insert_new(cursor, written, claims, datetime.now(UTC).replace(tzinfo=None))
        except duckdb.IntegrityError:
            return False  # something is there already: each on its own finds out what
        self.memory.claims_written({claim.resource: sums[claim.resource] for claim in claims})
        self._known(puts, written)
        return True

    @contextmanager
    def _linked(self, puts: Sequence[Put]) -> Iterator[list[Record]]:
        """The entries of puts as one record a chain, at the end of each; kept in mind once they are written."""
        made, heads = [], dict[str, Head]()
        waiting = [put.chained for put in puts if put.chained is not None and put.chained.entries]
        for kind in dict.fromkeys(chained.kind for chained in waiting):
            mine = [chained for chained in waiting if chained.kind == kind]
            head = self.memory.heads.get(kind) or mine[0].head()
            record, heads[kind] = mine[0].link([entry for chained in mine for entry in chained.entries], head)
            made.append(record)
        try:
            yield made
        except BaseException:
            for kind in heads:
                self.memory.heads.pop(kind, None)  # written or not: the file will tell
            raise
        for put in puts:
            put.head = None if put.chained is None else heads.get(put.chained.kind)

    def _known(self, puts: Sequence[Put], written: Sequence[Record]) -> None:
        self.memory.records_written(written)
        self.memory.heads |= {put.chained.kind: put.head for put in puts if put.chained is not None and put.head}

    def _alone(self, put: Put) -> None:
        try:
            with self._linked([put]) as linked, self.writing() as cursor:
                records.insert_claims(cursor, put.claims)
                for record in (*put.records, *linked):
                    records.insert_record(cursor, record)
                sums = records.sums_of(cursor, [claim.resource for claim in put.claims]) if put.claims else {}
        except Exception as error:  # noqa: BLE001  (raised to the caller whose put it is)
            put.error = error
            return
        self.memory.claims_written(sums)
        self._known([put], [*put.records, *linked])
