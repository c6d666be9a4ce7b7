"""Constraints and indexes: every key is unique, on nodes and on relationships; each step can be repeated."""

from neo4j import Driver

from graphcredit.exc import StoreVersionError
from graphcredit.model.tables import TABLES
from graphcredit.store.base import SCHEMA_VERSION
from graphcredit.store.neo4j.shapes import SHAPES, labels_of
from graphcredit.store.neo4j.statements import statement

IDENTITIES = (
    ("Party", "id"),
    ("GraphcreditMeta", "name"),
    ("RecordHead", "key"),
    ("Resource", "name"),
    ("Claim", "key"),
)
INDEXES = (("Record", "key"), ("Record", "kind"), ("Record", "party_id"), ("Quarantined", "source"), ("Party", "name"))

SUPERFLUOUS = frozenset(f"{label.lower()}_by_fact_key" for table in TABLES for label in labels_of(table))
"""Indexes of earlier releases; the unique key of a version begins with the fact's."""


def schema_statements() -> list[str]:
    """Every statement of the schema, in order."""
    made = [
        statement("schema/unique_node", name=label.lower(), label=label, property=name) for label, name in IDENTITIES
    ]
    made += [statement("schema/index_node", name=label.lower(), label=label, property=name) for label, name in INDEXES]
    for table in TABLES.values():
        shape = SHAPES[table.name]
        indexed = [name for name in (shape.first, shape.second) if name and table.name != "parties"]
        for label in labels_of(table.name):
            kind = "tie" if shape.is_tie else "node"
            made.append(statement(f"schema/unique_version_{kind}", name=label.lower(), label=label))
            made += [
                statement(f"schema/index_{kind}", name=label.lower(), label=label, property=name) for name in indexed
            ]
    return made


def create_schema(driver: Driver) -> None:
    """Create what is missing.

    Raises:
        StoreVersionError: the store was written by a newer release.
    """
    with driver.session() as session:
        existing = {row["name"] for row in session.run("SHOW CONSTRAINTS YIELD name")}
        existing |= {row["name"] for row in session.run("SHOW INDEXES YIELD name")}
        for text in schema_statements():
            if text.split(" IF NOT EXISTS")[0].split()[-1] not in existing:
                session.run(text).consume()
        for name in sorted(existing & SUPERFLUOUS):
            session.run(statement("schema/drop_index", name=name)).consume()
        found = session.run(statement("schema/start"), version=SCHEMA_VERSION).single(strict=True)["schema_version"]
        if found < SCHEMA_VERSION:  # what later versions brought are properties, absent where nobody stated them
            session.run(statement("schema/raise"), version=SCHEMA_VERSION).consume()
    if found > SCHEMA_VERSION:
        raise StoreVersionError(
            f"the store has schema {found}, this release knows {SCHEMA_VERSION}", remedy="update graphcredit"
        )
