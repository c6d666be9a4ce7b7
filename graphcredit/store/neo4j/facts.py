"""Facts in Neo4j: classify a batch against what is there, create versions, mend superseded_at; one transaction a batch."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from neo4j import Transaction

from graphcredit.exc import StoreError
from graphcredit.model.tables import Kind, Table
from graphcredit.store.neo4j.shapes import ARROW, CONTROL, SHAPES, Shape, columns_of
from graphcredit.store.neo4j.statements import statement

SEPARATOR = "\x1f"
TRADED = ("invoice", "credit_note")
"""Kinds of transactions that count as trade, as in the network's trade layer."""


@dataclass(frozen=True)
class Batch:
    """Rows of one label, in order: their keys, contents, and the parameters that create them."""

    shape: Shape
    label: str
    rows: list[int]  # positions in the batch given
    parameters: list[dict[str, Any]]
    facts: list[str]
    versions: list[str]
    recorded: list[str]
    contents: list[str]
    digests: list[str]  # of the contents; what the store keeps to know an unchanged row


def normalise(table: Table, rows: pa.Table) -> pa.Table:
    """All stored columns in order and typed.

    Raises:
        StoreError: a required column is missing or null, or a column is not known.
    """
    columns = columns_of(table)
    needed = {*table.required, "recorded_at"}
    if missing := sorted(needed - set(rows.column_names)):
        raise StoreError(f"{table.name}: columns {missing} are missing", remedy="validate rows before writing them")
    if unknown := sorted(set(rows.column_names) - {column.name for column in columns}):
        raise StoreError(f"{table.name}: columns {unknown} are not known", remedy="keep further columns as attributes")
    arrays = []
    for column in columns:
        kind = ARROW[column.kind]
        arrays.append(
            rows[column.name].cast(kind) if column.name in rows.column_names else pa.nulls(rows.num_rows, kind)
        )
        if column.name in needed and arrays[-1].null_count:
            raise StoreError(f"{table.name}.{column.name} has nulls", remedy="validate rows before writing them")
    return pa.table(arrays, names=[column.name for column in columns])


def prepare(table: Table, rows: pa.Table) -> list[Batch]:
    """Batches of a normalised table, one a label."""
    shape = SHAPES[table.name]
    text = {c.name: pc.fill_null(_text(rows[c.name]), "") for c in columns_of(table)}
    facts = pc.binary_join_element_wise(*(text[name] for name in table.key), SEPARATOR).to_pylist()
    recorded = text["recorded_at"].to_pylist()
    versions = [f"{fact}{SEPARATOR}{at}" for fact, at in zip(facts, recorded, strict=True)]
    later = [c.name for c in columns_of(table) if c.since > 1]
    others = [name for name in text if name not in (*table.key, "recorded_at", *later)]
    content = pc.binary_join_element_wise(*(text[name] for name in others), SEPARATOR)
    for name in later:  # added only where stated: a row reads as it did before the column came
        stated = pc.binary_join_element_wise(content, pc.binary_join_element_wise(name, text[name], "="), SEPARATOR)
        content = pc.if_else(pc.equal(text[name], ""), content, stated)
    contents = content.to_pylist()
    digests = [blake2b(content.encode(), digest_size=16).hexdigest() for content in contents]
    properties = _properties(table, rows)
    everything = range(rows.num_rows)
    if table.name == "ownership":
        relation = rows["relation"].to_pylist()
        groups = {
            "OWNS": [k for k in everything if relation[k] not in CONTROL],
            "CONTROLS": [k for k in everything if relation[k] in CONTROL],
        }
    else:
        groups = {shape.label: list(everything)}
    ends = [rows[name].to_pylist() if name else [] for name in (shape.first, shape.second)]
    made = []
    for label, chosen in groups.items():
        parameters = []
        for k in chosen:
            own = properties[k]
            own["version_key"], own["content"] = versions[k], digests[k]
            entry: dict[str, Any] = {"properties": own}
            if shape.first:
                entry["first"] = ends[0][k]
            if shape.second:
                entry["second"] = ends[1][k]
            parameters.append(entry)
        if chosen:
            picked = [[column[k] for k in chosen] for column in (facts, versions, recorded, contents, digests)]
            made.append(Batch(shape, label, chosen, parameters, *picked))
    return made


def in_batches(table: Table, whole: pa.Table, size: int) -> Iterator[tuple[int, list[Batch]]]:
    """Batches of so many rows with the row they start at, each made ready while the server writes the one before."""
    with ThreadPoolExecutor(1) as ahead:

        def ready(start: int) -> list[Batch]:
            return prepare(table, whole.slice(start, size).combine_chunks())

        following = ahead.submit(ready, 0)
        for start in range(0, whole.num_rows, size):
            batches = following.result()
            if start + size < whole.num_rows:
                following = ahead.submit(ready, start + size)
            yield start, batches


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column, format="%Y-%m-%dT%H:%M:%S")
    return column.cast(pa.string())


def _properties(table: Table, rows: pa.Table) -> list[dict[str, Any]]:
    """Per row the properties stored; nulls are left out, money is kept exact as text and as a number for queries."""
    columns: list[tuple[str, list[Any]]] = []
    for column in columns_of(table):
        values = rows[column.name]
        if values.null_count == rows.num_rows:
            continue
        if column.kind is Kind.MONEY:
            columns.append((column.name, values.cast(pa.string()).cast(pa.float64()).to_pylist()))
            columns.append((f"{column.name}_exact", values.cast(pa.string()).to_pylist()))
        elif column.kind is Kind.TIMESTAMP:
            columns.append((column.name, values.to_pylist()))
        else:
            columns.append((column.name, values.to_pylist()))
    names = [name for name, _ in columns]
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in zip(*(values for _, values in columns), strict=True)
    ]


@dataclass
class Outcome:
    """Counts, and positions of refused rows."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[int] | None = None


def write(transaction: Transaction, table: Table, batches: list[Batch]) -> Outcome:
    """Write all batches in the caller's transaction."""
    outcome = Outcome(refused=[])
    transaction.run(statement("load/lock_facts")).consume()
    for batch in batches:
        _write_one(transaction, table, batch, outcome)
    if outcome.new or outcome.changed:
        transaction.run(statement("load/bump_version")).consume()
    return outcome


def _write_one(transaction: Transaction, table: Table, batch: Batch, outcome: Outcome) -> None:
    kind, label = batch.shape.kind, batch.label
    versions, known = _versions(transaction, batch)
    fresh: dict[str, int] = {}
    for position, (version, digest, content) in enumerate(
        zip(batch.versions, batch.digests, batch.contents, strict=True)
    ):
        before = known.get(version)
        if before is None and version not in fresh:
            fresh[version] = position
            known[version] = digest
        elif before in (digest, content):  # stores of earlier releases hold the content itself
            outcome.unchanged += 1
        else:
            assert outcome.refused is not None
            outcome.refused.append(batch.rows[position])
    if not fresh:
        return
    chosen = list(fresh.values())
    facts = list(dict.fromkeys(batch.facts[k] for k in chosen))
    fresh_keys = len([fact for fact in facts if fact not in versions])
    outcome.new += fresh_keys
    outcome.changed += len(chosen) - fresh_keys
    for k in chosen:
        versions[batch.facts[k]][batch.recorded[k]] = batch.versions[k]
    ids = _create(transaction, batch, chosen)
    following = [
        {"version_key": keys[at], "next": later}
        for keys in (versions[fact] for fact in facts if len(versions[fact]) > 1)
        for at, later in zip(sorted(keys), sorted(keys)[1:], strict=False)
    ]
    if following:
        transaction.run(statement(f"load/supersede_{kind}", label=label), rows=following).consume()
    if table.name == "parties":
        transaction.run(statement("load/refresh_parties"), ids=facts).consume()
    if table.name == "transactions":
        corrected = [fact for fact in facts if len(versions[fact]) > 1]
        known_facts = set(corrected)
        first_versions = [k for k in chosen if batch.facts[k] not in known_facts]
        _add_supplies(transaction, [batch.parameters[k]["properties"] for k in first_versions], ids)
        if corrected:
            transaction.run(statement("load/refresh_supplies"), facts=prefixes(corrected)).consume()


def _versions(transaction: Transaction, batch: Batch) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """What the store holds of a batch's facts: per fact its moments with their version keys, per version its content."""
    query = statement(f"load/versions_{batch.shape.kind}", label=batch.label)
    found = transaction.run(query, facts=prefixes(dict.fromkeys(batch.facts))).single(strict=True)
    versions: dict[str, dict[str, str]] = defaultdict(dict)
    for version in found["versions"]:
        fact, moment = version.rsplit(SEPARATOR, 1)
        versions[fact][moment] = version
    return versions, dict(zip(found["versions"], found["contents"], strict=True))


def _create(transaction: Transaction, batch: Batch, chosen: list[int]) -> dict[str, int]:
    """Create the chosen versions; returns the node of each party they name, found once for the whole batch."""
    shape, rows = batch.shape, [batch.parameters[k] for k in chosen]
    names = list(dict.fromkeys(row[end] for row in rows for end in ("first", "second") if end in row))
    ids: dict[str, int] = {}
    if names:
        found = transaction.run(statement("load/merge_parties"), names=names).single(strict=True)
        ids = dict(zip(found["names"], found["ids"], strict=True))
        rows = [{end: ids[value] if end != "properties" else value for end, value in row.items()} for row in rows]
    first, second = shape.roles
    create = statement(shape.create, label=batch.label, first=first, second=second)
    transaction.run(create, rows=rows).consume()
    return ids


def _add_supplies(transaction: Transaction, rows: list[dict[str, Any]], ids: dict[str, int]) -> None:
    """Add transactions that have no earlier version to the monthly trade between their parties."""
    totals: dict[tuple[str, str, str], list[float]] = defaultdict(lambda: [0.0, 0])
    for row in rows:
        if row.get("status", "valid") == "valid" and row.get("kind", "invoice") in TRADED:
            total = totals[(row["seller_id"], row["buyer_id"], row["issued_on"].isoformat()[:7])]
            total[0] += -abs(row["amount"]) if row.get("kind") == "credit_note" else row["amount"]
            total[1] += 1
    parameters = [
        {"seller": ids[seller], "buyer": ids[buyer], "month": month, "amount": amount, "count": count}
        for (seller, buyer, month), (amount, count) in sorted(totals.items())
    ]
    if parameters:
        transaction.run(statement("load/add_supplies"), rows=parameters).consume()


def prefixes(facts: Iterable[str]) -> list[str]:
    """How the keys of all versions of each fact begin."""
    return [f"{fact}{SEPARATOR}" for fact in facts]


def moment_text(moment: datetime) -> str:
    """A moment as Cypher's localdatetime reads it."""
    return moment.isoformat(timespec="microseconds")
