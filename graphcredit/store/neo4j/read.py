"""Read facts as columns: the server collects each column into a list, the client makes Arrow of the lists.

A large table is read in pages, each a transaction of its own, so that the server never holds more than VALUES of them.
Pages share out the facts by the rest of their internal ids: whatever is written meanwhile, no fact comes twice.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
from neo4j import Transaction

from graphcredit.model.tables import Kind, Table
from graphcredit.store.neo4j.attempts import Attempts
from graphcredit.store.neo4j.shapes import ARROW, collected, columns_of, empty, labels_of, to_arrow
from graphcredit.store.neo4j.statements import statement

VALUES = 2_000_000
"""Values of one page, a few hundred MB in the server: well under what its memory pool allows a transaction."""
AT_ONCE = 2
"""Pages that are read side by side."""


def read_table(
    attempts: Attempts,
    table: Table,
    names: tuple[str, ...],
    condition: str,
    parameters: dict[str, Any],
    *,
    floats: bool,
    narrow: bool = False,
) -> pa.Table:
    """Columns of all facts of a table that meet a condition; the condition's text is ours, values are parameters.

    `narrow` says that the condition probably leaves few facts: a large table is then counted before it is read.
    """
    columns = {column.name: column for column in columns_of(table)}
    kinds = [pa.float64() if floats and columns[n].kind is Kind.MONEY else ARROW[columns[n].kind] for n in names]
    schema = pa.schema(list(zip(names, kinds, strict=True)))
    collect = ", ".join(f"collect({collected(columns[name], floats=floats)}) AS `{name}`" for name in names)
    parts = []
    for label in labels_of(table.name):
        pages = _pages(attempts, label, len(names), condition, parameters, narrow=narrow)
        for values in _lists(attempts, label, collect, condition, parameters, pages):
            arrays = [
                to_arrow(column, columns[name], floats=floats) for column, name in zip(values, names, strict=True)
            ]
            parts.append(pa.table(arrays, names=list(names)).cast(schema))
    return pa.concat_tables(parts).combine_chunks() if parts else empty(table.name, names, floats=floats)


def _kind(label: str) -> str:
    return "ties" if label.isupper() else "nodes"


def _pages(
    attempts: Attempts, label: str, width: int, condition: str, parameters: dict[str, Any], *, narrow: bool
) -> int:
    """How many pages a label's facts are read in; 0 where there are none."""

    def count(text: str) -> int:
        found = attempts.read(lambda transaction: transaction.run(text, parameters).single(strict=True)["versions"])
        return -(-int(found) * width // VALUES)

    pages = count(statement(f"read/size_{_kind(label)}", label=label))
    if pages > 1 and narrow:
        pages = count(statement(f"read/matching_{_kind(label)}", label=label, condition=condition))
    return pages


def _lists(
    attempts: Attempts, label: str, collect: str, condition: str, parameters: dict[str, Any], pages: int
) -> Sequence[list[Any]]:
    """Per page the lists of its columns."""
    if pages == 0:
        return []
    chosen = condition if pages == 1 else f"id(n) % $pages = $page AND {condition}"
    query = statement(f"read/columns_{_kind(label)}", label=label, condition=chosen, collect=collect)

    def one(page: int) -> list[Any]:
        given = {**parameters, "pages": pages, "page": page}

        def work(transaction: Transaction) -> list[Any]:
            return list(transaction.run(query, given).single(strict=True).values())

        found: list[Any] = attempts.read(work)
        return found

    if pages == 1:
        return [one(0)]
    with ThreadPoolExecutor(AT_ONCE) as readers:
        return list(readers.map(one, range(pages)))
