"""The CreditStore on Neo4j 5 (Community edition): a batch is a retried transaction, a read comes as columns."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from neo4j import GraphDatabase, NotificationMinimumSeverity, Transaction
from neo4j.exceptions import AuthError, DriverError, Neo4jError, TransientError

from graphcredit.exc import (
    GraphCreditError,
    StoreAuthError,
    StoreError,
    StoreUnavailableError,
    StoreVersionError,
)
from graphcredit.model.asof import as_of_moment
from graphcredit.model.tables import TABLES, Kind, Table
from graphcredit.store.base import (
    SCHEMA_VERSION,
    AsOf,
    Claim,
    CreditStore,
    Progress,
    QuarantinedRow,
    Record,
    StoreInfo,
    UpsertResult,
)
from graphcredit.store.neo4j import facts, records
from graphcredit.store.neo4j.attempts import AWAY, Attempts
from graphcredit.store.neo4j.read import read_table
from graphcredit.store.neo4j.schema import create_schema
from graphcredit.store.neo4j.shapes import columns_of, labels_of
from graphcredit.store.neo4j.statements import statement
from graphcredit.store.search import rank_parties, similar_parties

BATCH = 20_000
RETRY_SECONDS = 15.0
"""How long a transaction is tried again when the server is busy, and unless told otherwise when it is away."""


class Neo4jStore(CreditStore):
    """Facts and records in a Neo4j database.

    Args:
        patience: seconds for which a call waits for a server that does not answer.
    """

    def __init__(
        self,
        address: str,
        *,
        user: str,
        password: str,
        url: str,
        read_only: bool = False,
        patience: float = RETRY_SECONDS,
    ) -> None:
        self.url, self.read_only = url, read_only
        scheme = address.replace("neo4j://", "bolt://", 1) if address.startswith("neo4j://") else address
        self._driver = GraphDatabase.driver(
            scheme,  # a single server needs no routing, and says more clearly that it is away
            auth=(user, password),
            connection_acquisition_timeout=15,
            connection_timeout=5,
            notifications_min_severity=NotificationMinimumSeverity.OFF,
        )
        self._attempts = Attempts(self._driver, busy=RETRY_SECONDS, away=patience)
        try:
            with self._guard():
                self._driver.verify_connectivity()
                self.engine_version = self._check_version()
                if not read_only:
                    create_schema(self._driver)
        except BaseException:
            self._driver.close()
            raise

    def _check_version(self) -> str:
        version = " ".join(self._components())
        if not version.startswith("5."):
            raise StoreVersionError(
                f"Neo4j {version} is not supported", remedy="use Neo4j 5.26 (see docker-compose.yml)"
            )
        return version

    def _components(self) -> tuple[str, str]:
        """The server's version and edition."""
        row = self._rows("read/components")[0]
        return str(row["version"]), str(row["edition"])

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """The driver's errors as ours."""
        try:
            yield
        except GraphCreditError:
            raise
        except AuthError:
            raise StoreAuthError(
                f"Neo4j at {self.url} refused the user or password", remedy="check GRAPHCREDIT_STORE"
            ) from None
        except AWAY as error:
            raise StoreUnavailableError(
                f"Neo4j at {self.url} does not answer", remedy="start it (make neo4j), or check host and port"
            ) from error
        except TransientError as error:
            raise StoreUnavailableError(f"Neo4j is busy: {error.message}", remedy="try again") from error
        except (Neo4jError, DriverError) as error:
            if "onnection" in str(error) or "defunct" in str(error) or "closed" in str(error):
                raise StoreUnavailableError(f"Neo4j at {self.url} went away", remedy="try again later") from error
            raise StoreError(f"Neo4j refused a statement: {error}") from error

    def _write(self, work: Callable[[Transaction], Any]) -> Any:
        if self.read_only:
            raise StoreError(f"{self.url} was opened for reading only", remedy="open it for writing")
        with self._guard():
            return self._attempts.write(work)

    def _rows(self, name: str, *, places: Mapping[str, str] | None = None, **parameters: Any) -> list[Any]:
        def work(transaction: Transaction) -> list[Any]:
            return list(transaction.run(statement(name, **(places or {})), parameters))

        with self._guard():
            found: list[Any] = self._attempts.read(work)
        return found

    def close(self) -> None:
        """Close all connections."""
        self._driver.close()

    def ping(self) -> None:
        """Return when the server answers; does not wait for retries."""
        with self._guard(), self._driver.session() as session:
            session.run("RETURN 1").consume()

    def info(self) -> StoreInfo:
        """Versions and counts."""
        counts: dict[str, int] = {}
        latest: list[str] = []
        for table in TABLES:
            counts[table] = 0
            for label in labels_of(table):
                kind = "ties" if label.isupper() else "nodes"
                row = self._rows(f"read/count_{kind}", places={"label": label})[0]
                counts[table] += int(row["versions"])
                latest += [row["latest"]] if row["latest"] else []
        return StoreInfo(
            engine="neo4j",
            engine_version=self.engine_version,
            url=self.url,
            schema_version=SCHEMA_VERSION,
            version=self.version(),
            facts=counts,
            records={row["kind"]: int(row["records"]) for row in self._rows("records/count")},
            quarantined=int(self._rows("records/count_quarantined")[0]["waiting"]),
            latest_recorded_at=datetime.fromisoformat(max(latest)[:26]) if latest else None,
        )

    def version(self) -> int:
        """Grows with every committed change of facts."""
        rows = self._rows("read/version")
        return int(rows[0]["version"]) if rows else 0

    # -- facts

    def upsert(self, table: str, rows: pa.Table, *, progress: Progress | None = None) -> UpsertResult:
        """Write validated facts, in transactions of BATCH rows."""
        target = _table(table)
        whole = facts.normalise(target, rows)
        new = changed = unchanged = 0
        refused: list[int] = []
        for start, batches in facts.in_batches(target, whole, BATCH):

            def work(transaction: Transaction, batches: list[facts.Batch] = batches) -> facts.Outcome:
                return facts.write(transaction, target, batches)

            done = self._write(work)
            new, changed, unchanged = new + done.new, changed + done.changed, unchanged + done.unchanged
            refused += [start + position for position in done.refused or ()]
            if progress:
                progress(min(start + BATCH, whole.num_rows), whole.num_rows)
        conflicts = None
        if refused:
            positions = pa.array(sorted(refused), pa.int64())
            conflicts = whole.take(positions).append_column("batch_row", positions)
        return UpsertResult(new, changed, unchanged, conflicts)

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
        """Facts known and holding as of a moment."""
        target = _table(table)
        moment = as_of_moment(as_of)
        conditions = [
            "n.recorded_at <= $moment",
            "(n.superseded_at IS NULL OR n.superseded_at > $moment)",
        ]
        parameters: dict[str, Any] = {"moment": moment, "day": moment.date()}
        if target.begins:
            conditions.append(f"(n.`{target.begins}` IS NULL OR n.`{target.begins}` <= $day)")
            if since is not None:
                conditions.append(f"n.`{target.begins}` >= $since")
                parameters["since"] = since
        if target.ends and holding:
            conditions.append(f"(n.`{target.ends}` IS NULL OR n.`{target.ends}` >= $day)")
        kinds = {column.name: column.kind for column in columns_of(target)}
        wanted = tuple(columns) if columns is not None else tuple(kinds)
        if unknown := sorted({*wanted, *(where or {})} - set(kinds)):
            raise StoreError(f"{table} has no columns {unknown}", remedy="see graphcredit/model/tables.py")
        for position, (name, accepted) in enumerate((where or {}).items()):
            value = f"n.`{name}`" if kinds[name] is Kind.TEXT else f"toString(n.`{name}`)"
            conditions.append(f"{value} IN $where_{position}")
            parameters[f"where_{position}"] = list(accepted)
        keys = tuple(name for name in target.key if name not in wanted) if ordered else ()
        with self._guard():
            found = read_table(
                self._attempts, target, (*wanted, *keys), " AND ".join(conditions), parameters,
                floats=floats, narrow=bool(where),
            )  # fmt: skip
        if ordered and found.num_rows:
            found = found.take(pc.sort_indices(found, sort_keys=[(name, "ascending") for name in target.key]))
        return found.select(list(wanted))

    def versions(
        self, table: str, *, key: Sequence[str] | None = None, batch_rows: int = 200_000
    ) -> pa.RecordBatchReader:
        """Every version of every fact, or of one key."""
        target = _table(table)
        names = tuple(column.name for column in columns_of(target))
        condition, parameters = "true", {}
        if key is not None:
            condition, parameters = "n.version_key STARTS WITH $fact", {"fact": facts.SEPARATOR.join((*key, ""))}
        with self._guard():
            found = read_table(
                self._attempts, target, names, condition, parameters, floats=False, narrow=key is not None
            )
        order = [(name, "ascending") for name in (*target.key, "recorded_at")]
        found = found.take(pc.sort_indices(found, sort_keys=order)) if found.num_rows else found
        return pa.RecordBatchReader.from_batches(found.schema, found.to_batches(max_chunksize=batch_rows))

    def search_parties(self, text: str, *, limit: int = 20, as_of: AsOf = None) -> pa.Table:
        """Parties that match a text, best first."""
        moment = facts.moment_text(as_of_moment(as_of))
        rows = self._rows("read/search_parties", text=text.strip(), moment=moment)
        best = rank_parties(text, [(row["party_id"], row["name"]) for row in rows], limit)
        if len(best) < limit:
            others = self.read("parties", as_of=as_of, columns=["party_id", "name"], ordered=False)
            others = others.filter(pc.invert(pc.is_in(others["party_id"], value_set=pa.array(best, pa.string()))))
            best += similar_parties(text, others, limit=limit - len(best))
        found = self.read("parties", as_of=as_of, where={"party_id": best})
        order = pc.index_in(found["party_id"], value_set=pa.array(best, pa.string()))
        return found.take(pc.sort_indices(order)) if found.num_rows else found

    def query(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        """Rows of a reading statement of cypher/, by its path without ending."""
        return [row.data() for row in self._rows(name, **parameters)]

    # -- quarantine

    def quarantine(self, rows: Sequence[QuarantinedRow], *, source: str) -> None:
        """Replace what an earlier load of `source` left."""
        listed = [
            {
                "source": source, "file": row.file, "row": row.row, "table": row.table, "column": row.column,
                "value": row.value, "reason": row.reason, "remedy": row.remedy,
                "content": json.dumps(dict(row.content), ensure_ascii=False),
            }
            for row in rows
        ]  # fmt: skip

        def work(transaction: Transaction) -> None:
            transaction.run(statement("records/clear_quarantine"), source=source).consume()
            for start in range(0, len(listed), BATCH):
                transaction.run(statement("records/write_quarantine"), rows=listed[start : start + BATCH]).consume()

        self._write(work)

    def quarantined(self, *, source: str | None = None, limit: int | None = None) -> list[QuarantinedRow]:
        """Rows waiting to be mended."""
        found = self._rows("records/quarantined", source=source, limit=limit if limit is not None else 2**31)
        return [
            QuarantinedRow(
                q["file"],
                q["row"],
                q["table"],
                q["column"],
                q["value"],
                q["reason"],
                q["remedy"],
                json.loads(q["content"]),
            )
            for q in (row["q"] for row in found)
        ]

    # -- records and claims

    def put_records(self, records_: Sequence[Record], *, claims: Sequence[Claim] = ()) -> None:
        """Write records and claims, all or none."""
        self._write(lambda transaction: records.put(transaction, records_, claims))

    def restore(self, records_: Sequence[Record], claims: Sequence[Claim] = ()) -> None:
        """Write records and claims of another store, unchecked."""
        self._write(lambda transaction: records.restore(transaction, records_, claims))

    def get_record(self, kind: str, record_id: str, *, revision: int | None = None) -> Record | None:
        """One record, or None."""
        rows = self._rows("records/get", key=records.key_of(kind, record_id), revision=revision)
        return records.to_record(rows[0]["r"]) if rows else None

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
        found: list[Record] = []
        step, skip = max(limit, 200), 0
        while len(found) < limit:
            rows = self._rows(
                "records/find",
                kind=kind,
                party_id=party_id,
                before=facts.moment_text(before[0]) if before else None,
                before_id=before[1] if before else None,
                skip=skip,
                limit=step,
            )
            page = [records.to_record(row["r"]) for row in rows]
            found += [
                r for r in page if all(_as_text(r.body.get(name)) == value for name, value in (where or {}).items())
            ]
            if len(rows) < step:
                break
            skip += step
        return found[:limit]

    def latest_records(self, kind: str, *, as_of: AsOf = None) -> dict[str, Record]:
        """Per party its newest record of a kind."""
        rows = self._rows("records/latest", kind=kind, moment=facts.moment_text(as_of_moment(as_of)))
        return {str(row["r"]["party_id"]): records.to_record(row["r"]) for row in rows}

    def every_record(self) -> Iterator[Record]:
        """Every revision of every record."""
        yield from (records.to_record(row["r"]) for row in self._rows("records/every"))

    def every_claim(self) -> Iterator[Claim]:
        """Every claim, releases last."""
        rows = self._rows("records/every_claim")
        made = [Claim(r["resource"], r["claim_id"], Decimal(r["amount"]), Decimal(r["capacity"])) for r in rows]
        yield from sorted(made, key=lambda claim: (claim.resource, -claim.amount, claim.claim_id))

    def claimed(self, resources: Sequence[str]) -> dict[str, Decimal]:
        """Sum claimed on each resource."""
        rows = self._rows("records/claimed", resources=list(resources))
        sums = {row["resource"]: sum(map(Decimal, row["amounts"]), Decimal(0)) for row in rows}
        return {resource: sums.get(resource, Decimal(0)) for resource in resources}


def _as_text(value: Any) -> str | None:
    """A body's field as DuckDB's JSON extraction shows it."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _table(name: str) -> Table:
    try:
        return TABLES[name]
    except KeyError:
        raise StoreError(f"there is no table {name!r}", remedy=f"one of {', '.join(TABLES)}") from None
