"""The decided book in sums says what the whole book measured anew says, whatever came and went before."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.decisions.book import BookRisk, Lines, measure
from graphcredit.decisions.book_lines import book_effect, decided_lines
from graphcredit.decisions.book_sums import BookSums, Line
from graphcredit.store import CreditStore, Record

LINE = st.tuples(
    st.sampled_from("ABCDE"),
    st.one_of(st.just(0.0), st.floats(1, 5e8).map(lambda amount: round(amount, 2))),
    st.sampled_from([0.0, 0.0003, 0.012, 0.2, 1.0]),
    st.sampled_from([0.0, 0.1, 0.45, 1.0]),
)


def record(name: str, line: tuple[str, float, float, float], state: str = "open", revision: int = 1) -> Record:
    party, exposure, pd, lgd = line
    body = {"party_id": party, "exposure": f"{exposure:.2f}", "pd": str(pd), "lgd": str(lgd), "state": state}
    return Record("book_line", name, {**body, "industry": "C", "decision_id": name}, party, revision=revision)


def whole(lines: list[tuple[str, float, float, float]]) -> BookRisk:
    columns = [np.array([line[k] for line in lines], dtype=object if k == 0 else float) for k in range(4)]
    return measure(Lines(*columns, np.array(["C"] * len(lines), dtype=object)))


def close(a: BookRisk, b: BookRisk) -> bool:
    """To the cent, or to rounding of the largest amounts."""
    return all(
        abs(x - y) <= Decimal("0.011") + abs(y) * Decimal("1e-12")
        for x, y in zip(a.model_dump().values(), b.model_dump().values(), strict=True)
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(LINE, st.booleans()), max_size=12), LINE)
def test_sums_are_the_whole_book(lines: list[tuple[tuple[str, float, float, float], bool]], more) -> None:
    sums = BookSums()
    first = len(lines) // 2
    for number, (line, _) in enumerate(lines[:first]):
        sums.take(record(str(number), line))
    sums.effect("Z", Line(1.0, 0.01, 0.45), 0.999)  # from here on they are kept up to date
    for number, (line, _) in enumerate(lines[first:], first):
        sums.take(record(str(number), line))
        sums.take(record(str(number), line))  # told twice
    for number, (line, ends) in enumerate(lines):
        if ends:
            sums.take(record(str(number), line, "closed", 2))
            sums.take(record(str(number), line))  # an earlier revision told late
    left = [line for line, ends in lines if not ends]
    before, after = sums.effect(more[0], Line(*more[1:]), 0.999)
    assert close(before, whole(left))
    assert close(after, whole([*left, more]))


def test_a_small_line_is_there_when_a_large_one_of_the_same_party_has_gone() -> None:
    sums = BookSums()
    sums.take(record("small", ("A", 1.0, 0.012, 0.45)))
    sums.effect("Z", Line(1.0, 0.01, 0.45), 0.999)
    sums.take(record("large", ("A", 5e8, 0.012, 0.45)))
    sums.take(record("large", ("A", 5e8, 0.012, 0.45), "closed", 2))
    assert sums.effect("Z", Line(0.0, 0.01, 0.45), 0.999)[0] == whole([("A", 1.0, 0.012, 0.45)])


def test_many_comings_and_goings_leave_nothing_behind() -> None:
    sums = BookSums()
    sums.take(record("stays", ("A", 1_000_000.01, 0.012, 0.45)))
    sums.effect("Z", Line(1.0, 0.01, 0.45), 0.999)
    for number in range(400):
        line = ("B", 3.3e11 / (number + 1), 0.2, 0.45)
        sums.take(record(f"{number}", line))
        sums.take(record(f"{number}", line, "closed", 2))
    assert sums.effect("Z", Line(0.0, 0.01, 0.45), 0.999)[0] == whole([("A", 1_000_000.01, 0.012, 0.45)])


class _Score:
    party_id, pd = "A", Decimal("0.012")


class _Book:
    class policy:  # noqa: N801
        class pricing:  # noqa: N801
            class confidence:  # noqa: N801
                value = Decimal("0.999")


def test_lines_written_by_anybody_are_in_the_next_effect(duckdb_store: CreditStore) -> None:
    def effect() -> tuple[BookRisk, BookRisk]:
        made = book_effect(duckdb_store, _Book, _Score, "C", Decimal("500"), Decimal("0.45"))  # type: ignore[arg-type]
        lines = decided_lines(duckdb_store)
        assert close(made.before, measure(lines))
        assert close(made.after, measure(lines.with_line("A", 500, 0.012, 0.45, "C")))
        return made.before, made.after

    duckdb_store.put_records([record("1", ("A", 1000.0, 0.012, 0.45))])
    assert effect()[0].exposure == 1000
    duckdb_store.put_records([record("2", ("B", 250.0, 0.2, 0.45))])
    assert effect()[0].exposure == 1250
    duckdb_store.put_records([record("1", ("A", 1000.0, 0.012, 0.45), "closed", 2)])
    assert effect()[0].exposure == 250
    duckdb_store.restore([replace(record("3", ("C", 50.0, 1.0, 0.45)), at=datetime(2026, 1, 1))])
    assert effect()[0].parties == 2
