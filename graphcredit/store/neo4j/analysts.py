"""Analysts' queries of cypher/analysts by name: which there are, what each answers, and its rows."""

import re
from typing import Any

from graphcredit.exc import InputError, NotFoundError
from graphcredit.store.neo4j.statements import names, purpose, statement
from graphcredit.store.neo4j.store import Neo4jStore

_PARAMETER = re.compile(r"\$(\w+)")


def available() -> dict[str, str]:
    """Every query's name and its comment: what it answers, its parameters."""
    return {name.split("/")[1]: purpose(name) for name in names("analysts")}


def parameters(name: str) -> tuple[str, ...]:
    """Names of a query's parameters, in alphabetical order.

    Raises:
        NotFoundError: there is no such query.
    """
    lines = [line for line in _query(name).splitlines() if not line.startswith("//")]
    return tuple(sorted(set(_PARAMETER.findall("\n".join(lines)))))


def run(store: Neo4jStore, name: str, **params: Any) -> list[dict[str, Any]]:
    """Rows that a query answers with.

    Args:
        store: an open Neo4j store.
        name: the query's name, a file in cypher/analysts without its ending.
        params: its parameters; dates as ISO text (`as_of="2024-12-31"`), months as "2024-01".

    Raises:
        NotFoundError: there is no such query.
        InputError: a parameter is missing or not known.
        StoreUnavailableError: the server is away.
    """
    needed = parameters(name)
    if sorted(params) != list(needed):
        raise InputError(
            f"query {name} takes {', '.join(needed)}; given: {', '.join(sorted(params)) or 'nothing'}",
            remedy=purpose(f"analysts/{name}"),
        )
    return store.query(f"analysts/{name}", **params)


def _query(name: str) -> str:
    if name not in available():
        raise NotFoundError(f"there is no query {name!r}", remedy=f"one of {', '.join(available())}")
    return statement(f"analysts/{name}")
