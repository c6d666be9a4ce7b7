"""Every statement of cypher/: says its purpose, and a real server understands it."""

import re

import pytest
from neo4j import GraphDatabase, NotificationMinimumSeverity

from graphcredit.exc import InputError, NotFoundError
from graphcredit.store import open_store
from graphcredit.store.neo4j import analysts
from graphcredit.store.neo4j.schema import schema_statements
from graphcredit.store.neo4j.statements import folder, names, purpose, statement
from tests.support.stores import Server, wipe

PLACES = {
    "label": "PartyVersion",
    "first": "OF",
    "second": "OF",
    "condition": "true",
    "collect": "collect(n.name) AS name",
    "return": "name",
    "name": "probe",
    "property": "probe",
}
TIES = PLACES | {"label": "GUARANTEES"}
ROOMS = sorted(path.name for path in folder().iterdir() if path.is_dir())
EVERY = [name for room in ROOMS for name in names(room)]


def filled(name: str) -> str:
    return statement(name, **(TIES if "tie" in name else PLACES))


@pytest.fixture(scope="module")
def explain(neo4j_server: Server):
    wipe(neo4j_server.url)
    open_store(neo4j_server.url).close()  # the schema, for index hints
    driver = GraphDatabase.driver(
        f"bolt://127.0.0.1:{neo4j_server.port}",
        auth=("neo4j", neo4j_server.password),
        notifications_min_severity=NotificationMinimumSeverity.OFF,
    )
    with driver, driver.session() as session:

        def one(text: str) -> str:
            given = dict.fromkeys(re.findall(r"\$(\w+)", text))
            return session.run("EXPLAIN " + text, given).consume().query_type

        yield one


@pytest.mark.neo4j
@pytest.mark.xdist_group("neo4j")
@pytest.mark.parametrize("name", EVERY)
def test_the_server_understands(explain, name: str) -> None:
    writes = explain(filled(name)) != "r"
    room, stem = name.split("/")
    asks = stem.startswith("versions_")  # what a load asks before it writes
    assert writes == ((room in ("load", "schema") and not asks) or name in WRITING or name in DBMS)


DBMS = {"read/components"}  # the planner counts a call to a DBMS procedure as one that may write
WRITING = {
    *(f"records/{n}" for n in ("about", "clear_quarantine", "lock_record", "lock_resource", "restore_claims")),
    *(
        f"records/{n}"
        for n in ("restore_records", "retire_revision", "write_claim", "write_quarantine", "write_record")
    ),
}


@pytest.mark.parametrize("name", EVERY)
def test_a_statement_says_what_it_is_for(name: str) -> None:
    assert len(purpose(name)) > 15
    text = statement(name, **TIES)
    assert text.startswith("// ")
    assert "apoc." not in text
    assert ";" not in "\n".join(line for line in text.splitlines() if not line.startswith("//"))


@pytest.mark.parametrize("name", sorted(analysts.available()))
def test_an_analysts_query_documents_each_parameter(name: str) -> None:
    said = purpose(f"analysts/{name}")
    assert [p for p in analysts.parameters(name) if f"${p}" not in said] == []
    assert "?" in said


def test_there_are_statements_in_each_room() -> None:
    assert ROOMS == ["analysts", "load", "read", "records", "schema"]
    assert len(analysts.available()) >= 12


def test_the_schema_names_no_constraint_twice() -> None:
    made = [text.split(" IF NOT EXISTS")[0].split()[-1] for text in schema_statements()]
    assert len(made) == len(set(made))


def test_unknown_queries_and_parameters_are_named() -> None:
    with pytest.raises(NotFoundError, match="no query 'nothing'") as missing:
        analysts.parameters("nothing")
    assert "guarantee_circles" in missing.value.remedy
    with pytest.raises(InputError, match="takes as_of, limit; given: limit"):
        analysts.run(None, "mutual_guarantees", limit=3)  # type: ignore[arg-type]
    with pytest.raises(NotFoundError, match="no statement"):
        statement("read/nothing")
