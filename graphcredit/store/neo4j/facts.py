"""Facts in Neo4j: classify a batch against what is there, create versions, mend superseded_at; one transaction a batch."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
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
    facts: list[str]
    versions: list[str]
    recorded: list[str]
    contents: list[str]
    parameters: list[dict[str, Any]]


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
    others = [name for name in text if name not in (*table.key, "recorded_at")]
    contents = pc.binary_join_element_wise(*(text[name] for name in others), SEPARATOR).to_pylist() if others else []
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
            own["fact_key"], own["version_key"], own["content"] = facts[k], versions[k], contents[k]
            entry: dict[str, Any] = {"properties": own}
            if shape.first:
                entry["first"] = ends[0][k]
            if shape.second:
                entry["second"] = ends[1][k]
            parameters.append(entry)
        if chosen:
            picked = [[column[k] for k in chosen] for column in (facts, versions, recorded, contents)]
            made.append(Batch(shape, label, chosen, picked[0], picked[1], picked[2], picked[3], parameters))
    return made


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
    known = {
        record["key"]: record["content"]
        for record in transaction.run(
            statement(f"load/known_{kind}", label=label), keys=list(dict.fromkeys(batch.versions))
        )
    }
    fresh: dict[str, int] = {}
    for position, (version, content) in enumerate(zip(batch.versions, batch.contents, strict=True)):
        before = known.get(version)
        if before is None and version not in fresh:
            fresh[version] = position
            known[version] = content
        elif before == content:
            outcome.unchanged += 1
        else:
            assert outcome.refused is not None
            outcome.refused.append(batch.rows[position])
    if not fresh:
        return
    chosen = list(fresh.values())
    versions: dict[str, dict[str, str]] = defaultdict(dict)
    facts = list(dict.fromkeys(batch.facts[k] for k in chosen))
    for record in transaction.run(statement(f"load/versions_{kind}", label=label), facts=facts):
        versions[record["fact"]][record["version_key"].rsplit(SEPARATOR, 1)[1]] = record["version_key"]
    fresh_keys = len([fact for fact in facts if fact not in versions])
    outcome.new += fresh_keys
    outcome.changed += len(chosen) - fresh_keys
    for k in chosen:
        versions[batch.facts[k]][batch.recorded[k]] = batch.versions[k]
    first, second = batch.shape.roles
    create = statement(batch.shape.create, label=label, first=first, second=second)
    transaction.run(create, rows=[batch.parameters[k] for k in chosen]).consume()
    following = [
        {"version_key": keys[at], "next": later}
        for keys in (found for found in versions.values() if len(found) > 1)
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
        _add_supplies(transaction, [batch.parameters[k]["properties"] for k in first_versions])
        if corrected:
            transaction.run(statement("load/refresh_supplies"), facts=corrected).consume()


def _add_supplies(transaction: Transaction, rows: list[dict[str, Any]]) -> None:
    """Add transactions that have no earlier version to the monthly trade between their parties."""
    totals: dict[tuple[str, str, str], list[float]] = defaultdict(lambda: [0.0, 0])
    for row in rows:
        if row.get("status", "valid") == "valid" and row.get("kind", "invoice") in TRADED:
            total = totals[(row["seller_id"], row["buyer_id"], f"{row['issued_on']:%Y-%m}")]
            total[0] += -abs(row["amount"]) if row.get("kind") == "credit_note" else row["amount"]
            total[1] += 1
    parameters = [
        {"seller": seller, "buyer": buyer, "month": month, "amount": amount, "count": count}
        for (seller, buyer, month), (amount, count) in sorted(totals.items())
    ]
    if parameters:
        transaction.run(statement("load/add_supplies"), rows=parameters).consume()


def moment_text(moment: datetime) -> str:
    """A moment as Cypher's localdatetime reads it."""
    return moment.isoformat(timespec="microseconds")
