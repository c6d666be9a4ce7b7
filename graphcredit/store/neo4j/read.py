"""Read facts as columns: the server groups rows and collects each column, the client makes Arrow of them."""

from typing import Any

import pyarrow as pa
from neo4j import Transaction

from graphcredit.model.tables import Kind, Table
from graphcredit.store.neo4j.attempts import Attempts
from graphcredit.store.neo4j.shapes import ARROW, collected, columns_of, empty, labels_of, to_arrow
from graphcredit.store.neo4j.statements import statement

GROUP_ROWS = 20_000


def read_table(
    attempts: Attempts,
    table: Table,
    names: tuple[str, ...],
    condition: str,
    parameters: dict[str, Any],
    *,
    floats: bool,
) -> pa.Table:
    """Columns of all facts of a table that meet a condition; the condition's text is ours, values are parameters."""
    columns = {column.name: column for column in columns_of(table)}
    parts = []
    for label in labels_of(table.name):
        kind = "ties" if label.isupper() else "nodes"
        collect = ", ".join(f"collect({collected(columns[name], floats=floats)[0]}) AS `{name}`" for name in names)
        query = statement(
            f"read/columns_{kind}",
            label=label,
            condition=condition,
            collect=collect,
            **{"return": ", ".join(f"`{name}`" for name in names)},
        )
        count = statement(f"read/count_{kind}", label=label)

        def work(transaction: Transaction, query: str = query, count: str = count) -> list[Any]:
            total = transaction.run(count).single(strict=True)["versions"]
            groups = max(1, int(total) // GROUP_ROWS)
            return [record.values() for record in transaction.run(query, {**parameters, "groups": groups})]

        for values in attempts.read(work, fetch_size=50):
            arrays = [
                to_arrow(column, columns[name], floats=floats) for column, name in zip(values, names, strict=True)
            ]
            parts.append(pa.table(arrays, names=list(names)))
    kinds = [pa.float64() if floats and columns[n].kind is Kind.MONEY else ARROW[columns[n].kind] for n in names]
    schema = pa.schema(list(zip(names, kinds, strict=True)))
    if not parts:
        return empty(table.name, names, floats=floats)
    return pa.concat_tables([part.cast(schema) for part in parts]).combine_chunks()
