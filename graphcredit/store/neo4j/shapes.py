"""How each canonical table lies in the graph, and how its values travel."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from graphcredit.model.tables import TABLES, Column, Kind, Table

NULL_NUMBER = -1.7976931348623157e308
NULL_INTEGER = -(2**63)


@dataclass(frozen=True, slots=True)
class Shape:
    """A table's label or relationship type, which columns its ends come from, and the statement that creates it."""

    label: str
    is_tie: bool = False
    first: str = ""  # column of the first party
    second: str = ""
    roles: tuple[str, str] = ("", "")

    @property
    def kind(self) -> str:
        """Ending of the statements' names."""
        return "ties" if self.is_tie else "nodes"

    @property
    def create(self) -> str:
        """Name of the statement that creates versions."""
        if self.label == "PartyVersion":
            return "load/create_parties"
        if self.is_tie:
            return "load/create_ties"
        if self.second:
            return "load/create_nodes_of_two"
        return "load/create_nodes_of_one" if self.first else "load/create_lone_nodes"


SHAPES: dict[str, Shape] = {
    "parties": Shape("PartyVersion", first="party_id"),
    "ownership": Shape("OWNS", is_tie=True, first="holder_id", second="held_id"),
    "transactions": Shape("Transaction", first="seller_id", second="buyer_id", roles=("SOLD_BY", "BOUGHT_BY")),
    "payments": Shape("Payment", first="payer_id", second="payee_id", roles=("PAID_BY", "PAID_TO")),
    "guarantees": Shape("GUARANTEES", is_tie=True, first="guarantor_id", second="obligor_id"),
    "facilities": Shape("LENDS_TO", is_tie=True, first="lender_id", second="borrower_id"),
    "statements": Shape("Statement", first="party_id", roles=("OF", "")),
    "credit_events": Shape("CreditEvent", first="party_id", roles=("OF", "")),
    "industry_outlook": Shape("IndustryOutlook"),
    "relations": Shape("RELATED", is_tie=True, first="source_id", second="target_id"),
    "rates": Shape("Rate"),
    "labels": Shape("Label", first="party_id", roles=("OF", "")),
}
CONTROL = frozenset(("controller", "legal_representative", "director", "branch"))
"""Ownership relations that become CONTROLS; the others become OWNS."""

ARROW = {
    Kind.TEXT: pa.string(),
    Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: pa.timestamp("us"),
    Kind.MONEY: pa.decimal128(24, 4),
    Kind.NUMBER: pa.float64(),
    Kind.INTEGER: pa.int64(),
}


def labels_of(table: str) -> tuple[str, ...]:
    """Labels or types under which a table's facts lie (ownership has two)."""
    return ("OWNS", "CONTROLS") if table == "ownership" else (SHAPES[table].label,)


def columns_of(table: Table) -> tuple[Column, ...]:
    """Stored columns, recorded_at and attributes last."""
    own = tuple(column for column in table if column.name != "recorded_at")
    return (*own, Column("recorded_at", Kind.TIMESTAMP), Column("attributes"))


def collected(column: Column, *, floats: bool) -> str:
    """Cypher that gives a column's value without nulls, which collect would drop."""
    name = f"n.`{column.name}`"
    match column.kind:
        case Kind.MONEY if floats:
            missing = str(NULL_NUMBER)
        case Kind.MONEY:
            name, missing = f"n.`{column.name}_exact`", "''"
        case Kind.NUMBER:
            missing = str(NULL_NUMBER)
        case Kind.INTEGER:
            missing = str(NULL_INTEGER)
        case Kind.DATE | Kind.TIMESTAMP:
            name, missing = f"toString({name})", "''"
        case _:
            missing = "''"
    return name if column.required else f"coalesce({name}, {missing})"


def to_arrow(values: list[Any], column: Column, *, floats: bool) -> pa.Array:
    """A collected column as Arrow, nulls restored."""
    match column.kind:
        case Kind.NUMBER | Kind.MONEY if floats or column.kind is Kind.NUMBER:
            array = pa.array(values, pa.float64())
            return pc.if_else(pc.equal(array, NULL_NUMBER), pa.scalar(None, pa.float64()), array)
        case Kind.INTEGER:
            array = pa.array(values, pa.int64())
            return pc.if_else(pc.equal(array, NULL_INTEGER), pa.scalar(None, pa.int64()), array)
        case _:
            text = pa.array(values, pa.string())
            text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
            return text if column.kind is Kind.TEXT else text.cast(ARROW[column.kind])


def empty(table: str, names: tuple[str, ...], *, floats: bool) -> pa.Table:
    """A table without rows."""
    kinds = {column.name: column.kind for column in columns_of(TABLES[table])}
    fields = [(n, pa.float64() if floats and kinds[n] is Kind.MONEY else ARROW[kinds[n]]) for n in names]
    return pa.schema(fields).empty_table()
