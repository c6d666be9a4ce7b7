from datetime import date

import pandas as pd
import pytest

from graphcredit.exc import InputError, ValueRangeError
from graphcredit.scoring.migration import NOT_RATED, spells
from graphcredit.scoring.migration.spells import STILL, number_of, windows

GRADES = ("A", "B", "D")


def table(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        [(party, date.fromisoformat(day), grade) for party, day, grade in rows], columns=["party_id", "as_of", "grade"]
    )


def told(found) -> list[tuple[str, float, float, str]]:  # type: ignore[no-untyped-def]
    names = [*found.states, "still"]
    return [
        (found.states[s], a, b, names[f] if f != STILL else "still")
        for s, a, b, f in zip(found.state, found.entered, found.left, found.follows, strict=True)
    ]


def test_a_rating_holds_until_the_next_one() -> None:
    found = spells(table(("p", "2020-01-01", "A"), ("p", "2021-01-01", "B")), GRADES, until=date(2021, 7, 1))
    a, b, end = (number_of(date(*day)) for day in ((2020, 1, 1), (2021, 1, 1), (2021, 7, 1)))
    assert told(found) == [("A", a, b, "B"), ("B", b, end, "still")]
    assert found.states == ("A", "B", "D", NOT_RATED)


def test_a_rating_that_is_not_renewed_lapses_and_a_new_one_begins_anew() -> None:
    given = table(("p", "2020-01-01", "A"), ("p", "2022-01-01", "B"))
    lapsed = spells(given, GRADES, until=date(2022, 2, 1), valid_months=18)
    assert told(lapsed)[0] == ("A", number_of(date(2020, 1, 1)), number_of(date(2021, 7, 1)), NOT_RATED)
    assert told(spells(given, GRADES, until=date(2022, 2, 1), valid_months=0))[0][3] == "B"


def test_a_withdrawal_on_record_ends_a_spell() -> None:
    found = spells(table(("p", "2020-01-01", "A"), ("p", "2020-03-01", NOT_RATED)), GRADES, until=date(2020, 6, 1))
    assert told(found)[0][3] == NOT_RATED
    assert found.at_risk.tolist() == [True, False]


def test_the_last_row_of_a_day_counts_and_later_ratings_are_left_out() -> None:
    given = table(("p", "2020-01-01", "B"), ("p", "2020-01-01", "A"), ("p", "2021-01-01", "D"))
    found = spells(given, GRADES, until=date(2020, 6, 1))
    assert [row[0] for row in told(found)] == ["A"]


def test_windows_are_whole_and_end_with_the_observation() -> None:
    found = spells(table(("p", "2018-03-01", "A"), ("p", "2020-06-01", "A")), GRADES, until=date(2020, 12, 31))
    assert windows(found, 12) == [(date(2018, 12, 31), date(2019, 12, 31)), (date(2019, 12, 31), date(2020, 12, 31))]
    assert windows(found, 12, date(2018, 3, 1))[0] == (date(2018, 3, 1), date(2019, 3, 1))
    assert len(windows(found, 12, date(2018, 3, 1), 3)) == 8
    with pytest.raises(ValueRangeError, match="do not span 60 months"):
        windows(found, 60)


def test_what_cannot_be_read_is_said() -> None:
    with pytest.raises(InputError, match="grade 'X' is not on the scale"):
        spells(table(("p", "2020-01-01", "X")), GRADES)
    with pytest.raises(InputError, match="no rating is on record"):
        spells(table(("p", "2020-01-01", "A")), GRADES, until=date(2019, 1, 1))
    with pytest.raises(ValueRangeError, match="-1 months"):
        spells(table(("p", "2020-01-01", "A")), GRADES, valid_months=-1)
