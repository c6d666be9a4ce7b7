"""The production store: Neo4j 5, written in retried transactions, read as columns."""

from graphcredit.store.neo4j.store import Neo4jStore

__all__ = ["Neo4jStore"]
