"""Whatever is written in whatever order, a store answers as a plain dictionary of versions does."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphcredit.store import CreditStore, open_store
from tests.support.stores import empty_store, facts, party

START = date(2024, 1, 1)
row = st.tuples(st.sampled_from("ABC"), st.integers(0, 5), st.sampled_from(["x", "y", None]))
batches = st.lists(st.lists(row, min_size=1, max_size=8), min_size=1, max_size=6)


class Oracle:
    """Versions in a dictionary: (key, day) -> content."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, int], str | None] = {}

    def upsert(self, rows: list[tuple[str, int, str | None]]) -> tuple[int, int, int, list[int]]:
        keys = {key for key, _ in self.held}
        new, changed, unchanged, refused = 0, 0, 0, []
        for position, (key, day, content) in enumerate(rows):
            if (key, day) not in self.held:
                self.held[key, day] = content
                new, changed = (new, changed + 1) if key in keys else (new + 1, changed)
                keys.add(key)
            elif self.held[key, day] == content:
                unchanged += 1
            else:
                refused.append(position)
        return new, changed, unchanged, refused

    def as_of(self, day: int) -> dict[str, str | None]:
        seen: dict[str, str | None] = {}
        for key, recorded in sorted(self.held, key=lambda version: version[1]):
            if recorded <= day:
                seen[key] = self.held[key, recorded]
        return seen


def check(store: CreditStore, written: list[list[tuple[str, int, str | None]]], prefix: str) -> None:
    oracle = Oracle()
    for rows in written:
        given_rows = [
            party(prefix + key, region=content) | {"recorded_at": str(START + timedelta(days=day))}
            for key, day, content in rows
        ]
        result = store.upsert("parties", facts("parties", given_rows))
        refused = result.conflicts["batch_row"].to_pylist() if result.conflicts is not None else []
        assert (result.new, result.changed, result.unchanged, refused) == oracle.upsert(rows)
    names = [prefix + key for key in "ABC"]
    for day in range(-1, 6):
        moment = START + timedelta(days=day)
        found = store.read("parties", as_of=moment, columns=["party_id", "region"], where={"party_id": names})
        ids = [name.removeprefix(prefix) for name in found["party_id"].to_pylist()]
        assert dict(zip(ids, found["region"].to_pylist(), strict=True)) == oracle.as_of(day)


@pytest.fixture(scope="module")
def duckdb_shared():
    with open_store("duckdb://:memory:") as store:
        yield store


@pytest.fixture(scope="module")
def neo4j_shared(neo4j_server, tmp_path_factory: pytest.TempPathFactory):
    with empty_store("neo4j", tmp_path_factory.mktemp("states")) as store:
        yield store


counter = iter(range(10**9))


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches)
def test_duckdb_answers_as_a_dictionary(duckdb_shared, written) -> None:
    assert duckdb_shared is not None
    check(duckdb_shared, written, f"{next(counter)}-")


@pytest.mark.neo4j
@pytest.mark.xdist_group("neo4j")
@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches)
def test_neo4j_answers_as_a_dictionary(neo4j_shared, written) -> None:
    assert neo4j_shared is not None
    check(neo4j_shared, written, f"{next(counter)}-")
