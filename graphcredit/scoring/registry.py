"""Models by version: kept as files, recorded in the store, promoted by a person."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from graphcredit.exc import InputError, NoModelError, NotFoundError
from graphcredit.scoring.model import CreditModel
from graphcredit.scoring.persistence import SUFFIX, load_model, save_model
from graphcredit.scoring.reasons import Score
from graphcredit.settings import get_settings
from graphcredit.store.base import CreditStore, Record

MODEL, CHAMPION, SCORE = "model", "champion", "score"
_CHAMPION_ID = "champion"


class ModelRegistry:
    """Every trained model of a store, and which of them is the champion.

    Args:
        store: keeps the records: provenance, hash of the file, promotions.
        folder: keeps the files; settings' `models_dir` when None.
    """

    def __init__(self, store: CreditStore, folder: Path | None = None) -> None:
        self.store = store
        self.folder = folder or get_settings().models_dir or Path("models")
        self._loaded: dict[str, CreditModel] = {}

    def path(self, model_id: str) -> Path:
        """Where a model's file is.

        Raises:
            InputError: an id that could lead out of the folder.
        """
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}", model_id):
            raise InputError(f"{model_id!r} is not a model id", remedy="see `graphcredit models list`")
        return self.folder / f"{model_id}{SUFFIX}"

    def save(self, model: CreditModel, *, by: str = "") -> Record:
        """Write the file and record the model; the same model again gives a new revision of its record."""
        sha256 = save_model(model, self.path(model.model_id))
        known = self.store.get_record(MODEL, model.model_id)
        body = {**model.summary(), "sha256": sha256, "trained_by": by, "status": "challenger"}
        record = Record(MODEL, model.model_id, body, revision=1 if known is None else known.revision + 1)
        self.store.put_records([record])
        self._loaded[model.model_id] = model
        return record

    def load(self, model_id: str) -> CreditModel:
        """A model by id, its file checked against the recorded hash.

        Raises:
            NotFoundError: no such model; ModelFileError: its file is missing or was changed.
        """
        if model_id not in self._loaded:
            record = self.store.get_record(MODEL, model_id)
            if record is None:
                raise NotFoundError(f"no model {model_id!r}", remedy="see `graphcredit models list`")
            self._loaded[model_id] = load_model(self.path(model_id), sha256=str(record.body["sha256"]))
        return self._loaded[model_id]

    def list(self) -> Sequence[dict[str, Any]]:
        """Records of all models, newest first, with `champion` true for the one in use."""
        champion = self.champion_id()
        records = self.store.find_records(MODEL, limit=10_000)
        return [{**record.body, "at": record.at, "champion": record.record_id == champion} for record in records]

    def champion_id(self) -> str | None:
        """Id of the champion, None before the first promotion."""
        record = self.store.get_record(CHAMPION, _CHAMPION_ID)
        return None if record is None else str(record.body["model_id"])

    def champion(self) -> CreditModel:
        """The model in use: the one promoted last; before any promotion, the newest.

        Raises:
            NoModelError: none has been trained.
        """
        model_id = self.champion_id()
        if model_id is None:
            newest = self.store.find_records(MODEL, limit=1)
            if not newest:
                raise NoModelError("no model has been trained", remedy="run `graphcredit train --labels labels.csv`")
            model_id = newest[0].record_id
        return self.load(model_id)

    def promote(self, model_id: str, by: str, *, reason: str = "") -> Record:
        """Make a model the champion, by a named person; earlier promotions stay readable.

        Raises:
            NotFoundError: no such model; InputError: nobody is named; ModelFileError: its file is not sound.
        """
        if not by.strip():
            raise InputError("a promotion needs a person's name", remedy="say who promotes it with --by")
        self.load(model_id)
        known = self.store.get_record(CHAMPION, _CHAMPION_ID)
        body = {
            "model_id": model_id,
            "by": by,
            "reason": reason,
            "previous": None if known is None else known.body["model_id"],
        }
        record = Record(CHAMPION, _CHAMPION_ID, body, revision=1 if known is None else known.revision + 1)
        self.store.put_records([record])
        return record

    def promotions(self) -> Sequence[Record]:
        """Every promotion, first to last."""
        latest = self.store.get_record(CHAMPION, _CHAMPION_ID)
        if latest is None:
            return []
        found = [self.store.get_record(CHAMPION, _CHAMPION_ID, revision=k) for k in range(1, latest.revision + 1)]
        return [record for record in found if record is not None]

    def compare(self, first: str, second: str) -> dict[str, Any]:
        """Two models side by side: figures, calibration, features in one but not the other, importance."""
        a, b = self.load(first), self.load(second)
        names_a, names_b = ({info.name for info in model.features} for model in (a, b))
        keys = ("auc", "auc_sd", "ks", "f1", "brier", "n")
        figures = {key: [a.metrics.get(key), b.metrics.get(key)] for key in keys}
        return {
            "models": [first, second],
            "kinds": [a.kind, b.kind],
            "feature_sets": [a.feature_set, b.feature_set],
            "as_of": [a.meta["as_of"], b.meta["as_of"]],
            "same_data": a.meta["data_fingerprint"] == b.meta["data_fingerprint"],
            "metrics": figures,
            "calibration": [a.chosen.calibrator.describe(), b.chosen.calibrator.describe()],
            "only_in_first": sorted(names_a - names_b),
            "only_in_second": sorted(names_b - names_a),
            "importance": [a.meta.get("importance", {}), b.meta.get("importance", {})],
        }

    def record_scores(self, scores: Sequence[Score]) -> Sequence[Record]:
        """Keep scores with their reasons and model version; the same party, date and model again is a new revision."""
        records = []
        for score in scores:
            record_id = f"{score.party_id}@{score.as_of}@{score.model_id}"
            known = self.store.get_record(SCORE, record_id)
            revision = 1 if known is None else known.revision + 1
            records.append(Record(SCORE, record_id, score.body(), party_id=score.party_id, revision=revision))
        self.store.put_records(records)
        return records
