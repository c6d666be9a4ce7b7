"""Rating history: every score that was given, kept in the store; who was rated what, when, by which model.

A record of kind `rating` per (party, as_of, model). The same rating again changes nothing; another grade or PD for the
same three (facts of that day came late) is a new revision, and the earlier one stays readable.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd

from graphcredit.exc import ConflictError
from graphcredit.scoring.migration.spells import NOT_RATED
from graphcredit.store.base import AsOf, CreditStore, Record

RATING = "rating"
COLUMNS = ("party_id", "as_of", "model_id", "grade", "pd", "recorded_at")
_FEW = 50
_BATCH = 20_000
_ALL = 50_000_000


@dataclass(frozen=True, slots=True)
class Rating:
    """A grade given to a party as of a day by a version of a model."""

    party_id: str
    as_of: date
    model_id: str
    grade: str
    pd: float

    @property
    def record_id(self) -> str:
        """What identifies it."""
        return f"{self.party_id}|{self.as_of.isoformat()}|{self.model_id}"

    def body(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "party_id": self.party_id,
            "as_of": self.as_of.isoformat(),
            "model_id": self.model_id,
            "grade": self.grade,
            "pd": self.pd,
        }


def ratings_of(scores: pd.DataFrame, as_of: date) -> list[Rating]:
    """Ratings of a frame of scores: party_id as index or column, grade, pd, model_id (see `CreditModel.predict`)."""
    table = scores if "party_id" in scores.columns else scores.rename_axis("party_id").reset_index()
    columns = (table[name].astype(str) for name in ("party_id", "model_id", "grade"))
    return [
        Rating(party, as_of, model, grade, float(pd))
        for party, model, grade, pd in zip(*columns, table["pd"], strict=True)
    ]


def keep_ratings(store: CreditStore, ratings: Iterable[Rating], *, at: datetime | None = None) -> int:
    """Keep ratings; returns how many were new or changed.

    Args:
        store: any store.
        ratings: what was given.
        at: when (naive UTC); now when None.
    """
    given = {rating.record_id: rating for rating in ratings}
    known = _known(store, list(given.values()))
    moment = at or datetime.now(UTC).replace(tzinfo=None)
    fresh = []
    for record_id, rating in given.items():
        before = known.get(record_id)
        if before is not None and _same(before.body, rating):
            continue
        revision = 1 if before is None else before.revision + 1
        fresh.append(Record(RATING, record_id, rating.body(), rating.party_id, moment, revision))
    _write(store, fresh)
    return len(fresh)


def _write(store: CreditStore, fresh: list[Record]) -> None:
    """Two who keep the same rating at once do not disturb each other: what is there stays."""
    if 0 < len(fresh) <= _FEW:
        try:
            store.put_records(fresh)
        except ConflictError:
            store.restore(fresh)
        return
    for first in range(0, len(fresh), _BATCH):
        store.restore(fresh[first : first + _BATCH])


def _known(store: CreditStore, given: list[Rating]) -> dict[str, Record]:
    if len(given) <= _FEW:
        found = (store.get_record(RATING, rating.record_id) for rating in given)
        return {record.record_id: record for record in found if record is not None}
    known: dict[str, Record] = {}
    for day, model in {(rating.as_of.isoformat(), rating.model_id) for rating in given}:
        records = store.find_records(RATING, where={"as_of": day, "model_id": model}, limit=_ALL)
        known |= {record.record_id: record for record in records}
    return known


def _same(body: Mapping[str, Any], rating: Rating) -> bool:
    return body["grade"] == rating.grade and abs(float(body["pd"]) - rating.pd) <= 1e-12


def party_history(store: CreditStore, party_id: str, *, as_of: AsOf = None) -> pd.DataFrame:
    """A party's ratings, oldest day first (columns COLUMNS); only days up to `as_of` where given."""
    return _frame(store.find_records(RATING, party_id=party_id, limit=_ALL), as_of)


def rating_history(store: CreditStore, *, as_of: AsOf = None, model_id: str | None = None) -> pd.DataFrame:
    """Ratings of all parties, by party and day (columns COLUMNS); those of one model where named."""
    where = None if model_id is None else {"model_id": model_id}
    return _frame(store.find_records(RATING, where=where, limit=_ALL), as_of)


def _frame(records: Iterable[Record], as_of: AsOf) -> pd.DataFrame:
    rows = [{**record.body, "recorded_at": record.at} for record in records]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["as_of"] = pd.to_datetime(table["as_of"]).dt.date
    if as_of is not None:
        table = table[table["as_of"] <= pd.Timestamp(as_of).date()]
    return table.sort_values(["party_id", "as_of", "recorded_at"], kind="stable").reset_index(drop=True)


def defaults_of(store: CreditStore, *, as_of: AsOf = None) -> pd.DataFrame:
    """Defaults and cures on record by `as_of`: party_id, occurred_on, kind; by party and day."""
    read: pd.DataFrame = store.read(
        "credit_events", as_of=as_of, columns=["party_id", "kind", "occurred_on"], where={"kind": ["default", "cured"]}
    ).to_pandas()
    return read.sort_values(["party_id", "occurred_on"], kind="stable").reset_index(drop=True)


def with_defaults(ratings: pd.DataFrame, events: pd.DataFrame, default: str) -> pd.DataFrame:
    """Ratings in which a recorded default is the default grade from its day on, until it is cured.

    Ratings that a model gave while the party was in default are left out; a cure without a new rating is a withdrawal.

    Args:
        ratings: party_id, as_of, grade.
        events: see `defaults_of`.
        default: name of the default grade.
    """
    rated = set(ratings["party_id"])
    spans: dict[str, list[tuple[date, date | None]]] = {}
    days = pd.to_datetime(events["occurred_on"]).dt.date
    for party, day, kind in zip(events["party_id"], days, events["kind"], strict=True):
        if party not in rated:
            continue
        mine = spans.setdefault(str(party), [])
        if kind == "default" and (not mine or mine[-1][1] is not None):
            mine.append((day, None))
        elif kind == "cured" and mine and mine[-1][1] is None:
            mine[-1] = (mine[-1][0], day)
    table = ratings.loc[:, ["party_id", "as_of", "grade"]]
    if not spans:
        return table
    inside = [
        any(start <= day and (end is None or day < end) for start, end in spans.get(party, ()))
        for party, day in zip(table["party_id"], table["as_of"], strict=True)
    ]
    added = [(party, start, default) for party, mine in spans.items() for start, _ in mine]
    added += [(party, end, NOT_RATED) for party, mine in spans.items() for _, end in mine if end is not None]
    extra = pd.DataFrame(added, columns=["party_id", "as_of", "grade"])
    return pd.concat(
        [extra, table[[not each for each in inside]]], ignore_index=True
    )  # a rating of the day counts last
