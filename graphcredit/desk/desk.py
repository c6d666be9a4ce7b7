"""Networks, features and scores of a store as of a day, computed once and shared by every caller."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import pandas as pd

from graphcredit.desk.keeper import Given, Keeper, Keeps, Scored
from graphcredit.desk.known import Known
from graphcredit.desk.losses import LossesOfEach
from graphcredit.desk.stress import StressDesk
from graphcredit.exc import ConflictError, NoModelError, NotFoundError, StoreUnavailableError
from graphcredit.features import FeatureMatrix, build_features
from graphcredit.jsonable import JsonText
from graphcredit.network import Network, NetworkCache
from graphcredit.network.cache import keep_newest
from graphcredit.scoring import CreditModel, ModelRegistry, Score, read_outlook
from graphcredit.scoring.migration import RATING, Rating, keep_ratings, ratings_of
from graphcredit.scoring.registry import CHAMPION, MODEL
from graphcredit.scoring.rows import Rows
from graphcredit.settings import Settings
from graphcredit.store import CreditStore, Record

SCORE_KIND = "score"
RATINGS_EVERY, MOST_RATINGS = 2.0, 500
"""Seconds between two commits of ratings whose scores a decision tells anyway, and how many at a time: each commit holds up
those who decide."""


def models_folder(url: str, settings: Settings) -> Path:
    """Where the models of a store are kept: the setting, else beside a DuckDB file, else ./models."""
    if settings.models_dir is not None:
        return settings.models_dir
    path = url.removeprefix("duckdb:///")
    return Path(f"{path}.models") if path != url and path else Path("models")


class CreditDesk(StressDesk):
    """Answers for one store; safe for many threads."""

    def __init__(self, store: CreditStore, settings: Settings, *, keep: int = 3) -> None:
        self.store, self.settings, self.keep = store, settings, keep
        self.networks = NetworkCache(store, keep=keep)
        self.losses = LossesOfEach()
        self._known: OrderedDict[tuple[date, int], Known] = OrderedDict()
        self._lock = Lock()
        self.keeper: Keeps | None = None
        self.rater: Keeps | None = None  # of ratings alone: a decision tells the score itself
        self._model: CreditModel | None = None
        self._champion: tuple[tuple[int | None, ...], CreditModel] | None = None
        self._day: tuple[int, date] | None = None

    def day(self, as_of: date | None = None) -> date:
        """The day asked for, else the last one on which something was recorded, but not after today."""
        if as_of is not None:
            return as_of
        if self.settings.today is not None:
            return self.settings.today
        today = datetime.now(UTC).date()
        try:
            version = self.store.version()
        except StoreUnavailableError:
            return self._day[1] if self._day else today
        if self._day is None or self._day[0] != version:
            latest = self.store.info().latest_recorded_at
            self._day = (version, min(today, latest.date()) if latest and latest.year > 1900 else today)
        return min(self._day[1], today)

    def known(self, as_of: date | None = None) -> Known:
        """What is known of a day; the network is built if needed."""
        day = self.day(as_of)
        if as_of is None:
            self.networks.pinned = day
        snapshot = self.networks.get(day)
        key = (day, snapshot.network.version)
        with self._lock:
            found = self._known.get(key)
            if found is None:
                found = Known(day, snapshot.network.version, snapshot.network)
                keep_newest(self._known, key, found, keep=self.keep, pinned=self.networks.pinned)
            self._known.move_to_end(key)
        found.stale = snapshot.stale
        return found

    def at_hand(self, day: date) -> Known | None:
        """What is known of a day, if something was computed of it and the store says that it is current."""
        key = (day, self.store.version())
        with self._lock:
            return self._known.get(key)

    def prepared(self, as_of: date | None = None) -> Known | None:
        """What is known of a day, where its network, features and parties are in memory and the store need not be asked.

        None where something would have to be waited for; always of a store in another process, which may be away.
        """
        if not self.store.url.startswith("duckdb"):
            return None
        version = self.store.version()
        if as_of is None and self.settings.today is None and (self._day is None or self._day[0] != version):
            return None
        with self._lock:
            known = self._known.get((self.day(as_of), version))
        return known if known is not None and known.matrix is not None and "parties" in known.shared else None

    def network(self, as_of: date | None = None) -> Network:
        """The network as of a day."""
        return self.known(as_of).network

    def matrix(self, as_of: date | None = None, *, progress: Callable[[int, int], None] | None = None) -> FeatureMatrix:
        """Features of all parties as of a day."""
        known = self.known(as_of)
        if known.matrix is not None:
            return known.matrix
        with known.lock:
            if known.matrix is None:
                matrix = build_features(self.store, known.day, network=known.network, progress=progress)
                known.outlook = read_outlook(self.store, known.day)
                known.matrix = matrix  # last: who sees it need not wait
            return known.matrix

    # -- models and scores

    @cached_property
    def registry(self) -> ModelRegistry:
        """The models of this store."""
        return ModelRegistry(self.store, models_folder(self.store.url, self.settings))

    def model(self, model_id: str | None = None) -> CreditModel:
        """A model by id, else the champion; the last one used while the store is away.

        Raises:
            NoModelError: none was trained.
        """
        stamps = self._stamps()
        if not model_id and self._champion is not None and self._champion[0] == stamps and None not in stamps:
            return self._champion[1]
        try:
            self._model = self.registry.load(model_id) if model_id else self.registry.champion()
            if not model_id:
                self._champion = (stamps, self._model)
        except StoreUnavailableError:
            if self._model is None:
                raise
        return self._model

    def champion_id(self) -> str:
        """The id of the champion, "none" where there is none; what is kept of a day and rests on scores is named by it."""
        try:
            return self.model().model_id
        except NoModelError:
            return "none"

    def _stamps(self) -> tuple[int | None, ...]:
        return tuple(self.store.stamp(kind) for kind in (CHAMPION, MODEL))

    def scores_prepared(self, as_of: date | None = None) -> bool:
        """Whether a score of a day is computed from memory alone and kept later."""
        known, champion = self.prepared(as_of), self._champion
        if known is None or champion is None or self.keeper is None:
            return False
        return champion[0] == self._stamps() and f"rows:{champion[1].model_id}" in known.shared

    def scores(self, as_of: date | None = None, *, model_id: str | None = None) -> pd.DataFrame:
        """PD, grade and points of every party, indexed by party id."""
        model, known = self.model(model_id), self.known(as_of)
        if model.model_id in known.scores:
            return known.scores[model.model_id]
        with known.lock:
            if model.model_id not in known.scores:
                matrix = self.matrix(known.day)
                scored = model.predict(matrix, outlook=known.outlook)
                known.scores[model.model_id] = scored.set_index("party_id")
            return known.scores[model.model_id]

    def grades(self, as_of: date | None = None) -> Mapping[str, tuple[str, float]]:
        """party -> (grade, PD); empty where no model scores yet. Persons and banks are not graded."""
        try:
            model = self.model()
        except NoModelError:
            return {}
        known = self.known(as_of)

        def compute() -> dict[str, tuple[str, float]]:
            scored = self.scores(known.day)
            kinds = known.network.attributes["kind"]
            firms = scored[kinds == "company"]
            return dict(zip(firms.index, zip(firms["grade"].astype(str), firms["pd"], strict=True), strict=True))

        found: Mapping[str, tuple[str, float]] = known.once(f"grades:{model.model_id}", compute)
        return found

    def score(self, party_id: str, as_of: date | None = None, *, record: bool = True, top: int = 12) -> Score:
        """A party's score with its reasons; kept as a record, and in the rating history, unless told otherwise.

        Raises:
            NotFoundError: no such party; NoModelError: no model.
        """
        model, known = self.model(), self.known(as_of)
        known.network.position(party_id)

        def compute() -> Score:
            matrix = self.matrix(known.day)
            rows: Rows = known.once(f"rows:{model.model_id}", lambda: Rows(matrix, model))
            return model.explain(matrix, party_id, outlook=known.outlook, top=top, rows=rows)

        score: Score = known.recent(f"score:{model.model_id}:{party_id}:{top}", compute)
        if record:
            self.keep_score(score, known)
        return score

    def keep_score(self, score: Scored, known: Known) -> None:
        """Keep a score as a record and in the rating history, once per party, model, day and version of the facts."""
        if known.stale or self._score_id(score, known) in known.written:
            return
        if self.keeper is not None:
            self.keeper.put(Given(score, known))
        else:
            self.keep_scores([Given(score, known)])

    def rate(self, score: Scored, known: Known) -> None:
        """Keep a company's score in the rating history, once per party, model and day."""
        rating = self._rating(score, known)
        if rating is None or known.stale or rating.record_id in known.written:
            return
        if self.rater is not None:
            self.rater.put(Given(score, known, whole=False))
        else:
            self._keep_rating(rating, known)

    def _keep_rating(self, rating: Rating, known: Known) -> None:
        keep_ratings(self.store, [rating])
        known.written.add(rating.record_id)

    def _unrated(self, score: Scored, known: Known) -> list[Record]:
        """The record of a score's rating, unless it was kept already."""
        rating = self._rating(score, known)
        if rating is None or known.stale or rating.record_id in known.written:
            return []
        return [Record(RATING, rating.record_id, rating.body(), score.party_id)]

    def _rating(self, score: Scored, known: Known) -> Rating | None:
        if known.network.attributes["kind"][known.network.position(score.party_id)] != "company":
            return None
        return Rating(score.party_id, known.day, score.model_id, score.grade, score.pd)

    def rate_all(self, as_of: date | None = None, *, among: frozenset[str] | None = None) -> int:
        """Keep the rating of every company (of `among` alone, where given) in the history; how many were new or changed.

        Raises:
            NoModelError: no model.
        """
        known = self.known(as_of)
        scored = self.scores(known.day)
        firms = scored[known.network.attributes["kind"] == "company"]
        firms = firms if among is None else firms[firms.index.isin(list(among))]
        return keep_ratings(self.store, ratings_of(firms, known.day))

    def keep_later(self) -> None:
        """From now on keep scores a moment after they were answered; until `close`."""
        if self.keeper is None:
            self.keeper = Keeper(self.keep_scores)
            self.rater = Keeper(self.keep_scores, gather=RATINGS_EVERY, most=MOST_RATINGS)

    def close(self) -> None:
        """Keep what waits."""
        for keeper in (self.keeper, self.rater):
            if keeper is not None:
                keeper.close()
        self.keeper = self.rater = None

    def _score_id(self, score: Scored, known: Known) -> str:
        return f"{score.party_id}|{known.day}|{score.model_id}|{known.version}"

    def keep_scores(self, given: Sequence[Given]) -> None:
        """Keep scores once per party, model, day and store version, and their ratings; all that are new in one commit."""
        whole = {self._score_id(each.score, each.known): each for each in given if each.whole}
        whole = {name: each for name, each in whole.items() if name not in each.known.written}
        records = {
            name: Record(SCORE_KIND, name, JsonText(each.score.text), each.score.party_id)
            for name, each in whole.items()
        }
        for each in given:
            records |= {record.record_id: record for record in self._unrated(each.score, each.known)}
        if not records:
            return
        try:
            self.store.put_records(list(records.values()))
        except ConflictError:  # some are there from an earlier run: one after the other
            for name in whole:
                if self.store.get_record(SCORE_KIND, name) is None:
                    with suppress(ConflictError):  # another thread has just kept it
                        self.store.put_records([records[name]])
            for each in given:
                if (rating := self._rating(each.score, each.known)) is not None:
                    self._keep_rating(rating, each.known)
        for name, each in whole.items():
            each.known.written.add(name)
        for each in given:
            each.known.written |= {record.record_id for record in self._unrated(each.score, each.known)}

    def party(self, party_id: str, as_of: date | None = None) -> dict[str, Any]:
        """A party's facts as of a day, exact amounts.

        While the store is away, what the last network of the day knows of it, with `stale` true.

        Raises:
            NotFoundError: no such party by then.
            StoreUnavailableError: the store is away, and no network of the day was built before.
        """
        day = self.day(as_of)
        try:
            known = self.at_hand(day)
            if known is not None:
                row = known.recent(f"party:{party_id}", lambda: known.party(self.store, party_id))
                rows = [] if row is None else [row]
            else:
                rows = self.store.read("parties", as_of=day, where={"party_id": [party_id]}).to_pylist()
        except StoreUnavailableError:
            rows = [{**row, "stale": True} for row in self._last_known(party_id, day)]
        if not rows:
            raise NotFoundError(
                f"party {party_id!r} is not known as of {day}", remedy="check the id, or search by name"
            )
        return dict(rows[0])

    def _last_known(self, party_id: str, day: date) -> list[dict[str, Any]]:
        """What was read of a party before the store went away; at least what its network tells."""
        known = self.known(day)
        if "parties" in known.shared:
            row = known.party(self.store, party_id)
            return [] if row is None else [row]
        try:
            return list(self.store.read("parties", as_of=day, where={"party_id": [party_id]}).to_pylist())
        except StoreUnavailableError:
            position = known.network.index.get(party_id)
        if position is None:
            return []
        names = [name for name in ("kind", "name", "industry", "region") if name in known.network.attributes]
        told = {name: str(known.network.attributes[name][position]) for name in names}
        return [{"party_id": party_id, **told, "attributes": None}]
