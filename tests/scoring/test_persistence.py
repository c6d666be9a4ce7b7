import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from skops.io import dumps

from graphcredit.exc import InputError, ModelFileError, NoModelError, NotFoundError
from graphcredit.scoring import CreditModel, ModelRegistry, load_model, save_model, train
from graphcredit.scoring.persistence import TRUSTED, _manifest_hash
from graphcredit.settings import get_settings
from graphcredit.store import CreditStore
from tests.scoring.world import DAY, builder, fill, frame, labels, matrix
from tests.support.stores import empty_store

N = 300


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with empty_store("duckdb", tmp_path_factory.mktemp("persistence")) as store:
        yield fill(store, N)


@pytest.fixture(scope="module")
def model(shop: CreditStore) -> CreditModel:
    table, y, _ = frame(N, seed=8)
    return train(shop, labels(y), build=builder(table), folds=2, repeats=1).model


def rewritten(path: Path, archive: bytes, **changes: Any) -> Path:
    """The same file with another archive, its hashes made right again."""
    first, second, _ = path.read_bytes().split(b"\n", 2)
    manifest = json.loads(second) | {"sha256": hashlib.sha256(archive).hexdigest()} | changes
    manifest.pop("manifest_sha256")
    manifest["manifest_sha256"] = _manifest_hash(manifest)
    other = path.with_name("other.gcmodel")
    other.write_bytes(b"\n".join([first, json.dumps(manifest).encode(), archive]))
    return other


def test_what_is_saved_comes_back_and_scores_the_same(model: CreditModel, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "model.gcmodel"
    save_model(model, path)
    again = load_model(path)
    table = frame(N, seed=9)[0]
    pd.testing.assert_frame_equal(again.predict(matrix(table)), model.predict(matrix(table)))
    assert set(again.candidates) == set(model.candidates)
    assert again.summary() == json.loads(json.dumps(model.summary()))
    for key, candidate in model.candidates.items():
        np.testing.assert_array_equal(again.candidates[key].pd(table), candidate.pd(table))
    assert again.explain(matrix(table), table.index[3]) == model.explain(matrix(table), table.index[3])
    assert list(path.parent.iterdir()) == [path]


def test_every_flipped_byte_is_noticed(model: CreditModel, tmp_path: Path) -> None:
    path = tmp_path / "model.gcmodel"
    save_model(model, path)
    good = path.read_bytes()
    head = good.index(b"\n", good.index(b"\n") + 1)
    rng = np.random.default_rng(0)
    for at in [3, 18, head - 40, head + 5, *rng.integers(0, len(good), 12).tolist()]:
        changed = bytearray(good)
        changed[at] ^= 0x01
        path.write_bytes(bytes(changed))
        with pytest.raises(ModelFileError) as caught:
            load_model(path)
        assert caught.value.remedy
    path.write_bytes(good[: len(good) // 2])
    with pytest.raises(ModelFileError, match="has been changed"):
        load_model(path)


def test_other_formats_and_no_files(model: CreditModel, tmp_path: Path) -> None:
    path = tmp_path / "model.gcmodel"
    with pytest.raises(ModelFileError, match="no model file"):
        load_model(path)
    save_model(model, path)
    path.write_bytes(path.read_bytes().replace(b"graphcredit-model 1\n", b"graphcredit-model 7\n", 1))
    with pytest.raises(ModelFileError, match="has format 7, this release reads 1"):
        load_model(path)
    path.write_text("hello")
    with pytest.raises(ModelFileError, match="not a model file"):
        load_model(path)


def test_unknown_types_are_refused(model: CreditModel, tmp_path: Path) -> None:
    class Evil:
        """Some type that is not ours."""

    path = tmp_path / "model.gcmodel"
    save_model(model, path)
    import tests.scoring.test_persistence as here

    here.Evil = Evil  # type: ignore[attr-defined]
    Evil.__module__, Evil.__qualname__ = here.__name__, "Evil"
    with pytest.raises(ModelFileError, match=r"types that are not trusted: .*Evil"):
        load_model(rewritten(path, dumps({"model_id": Evil()})))
    with pytest.raises(ModelFileError, match="lacks parts"):
        load_model(rewritten(path, dumps({"model_id": "x"})))
    assert all(name.startswith("graphcredit.scoring.") for name in TRUSTED)


def test_a_secret_key_signs_the_file(model: CreditModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.gcmodel"
    monkeypatch.setenv("GRAPHCREDIT_SECRET_KEY", "a" * 40)
    get_settings.cache_clear()
    try:
        save_model(model, path)
        assert load_model(path).model_id == model.model_id
        archive = path.read_bytes().split(b"\n", 2)[2]
        with pytest.raises(ModelFileError, match="has been changed"):
            load_model(rewritten(path, archive, model_id="another", hmac="0" * 64))
    finally:
        monkeypatch.delenv("GRAPHCREDIT_SECRET_KEY")
        get_settings.cache_clear()


def test_the_registry_keeps_versions_and_the_champion(model: CreditModel, shop: CreditStore, tmp_path: Path) -> None:
    registry = ModelRegistry(shop, tmp_path)
    with pytest.raises(NoModelError, match="no model has been trained"):
        registry.champion()
    registry.save(model, by="ann")
    table, y, _ = frame(N, seed=8)
    second = train(shop, labels(y), build=builder(table), models=["logistic"], folds=2, repeats=1, seed=1).model
    registry.save(second)
    assert {row["model_id"] for row in registry.list()} == {model.model_id, second.model_id}
    assert not any(row["champion"] for row in registry.list())
    with pytest.raises(InputError, match="person's name"):
        registry.promote(model.model_id, " ")
    registry.promote(model.model_id, "ann")
    registry.promote(second.model_id, "bob", reason="calmer")
    assert registry.champion().model_id == second.model_id
    assert [(p.body["by"], p.body["previous"]) for p in registry.promotions()] == [
        ("ann", None),
        ("bob", model.model_id),
    ]
    compared = ModelRegistry(shop, tmp_path).compare(model.model_id, second.model_id)
    assert compared["same_data"]
    assert compared["kinds"][1] == "logistic"
    with pytest.raises(NotFoundError, match="no model 'nobody'"):
        registry.promote("nobody", "ann")
    with pytest.raises(InputError, match="not a model id"):
        registry.path("../etc/passwd")
    (tmp_path / f"{model.model_id}.gcmodel").write_bytes(registry.path(second.model_id).read_bytes())
    with pytest.raises(ModelFileError, match="has been changed"):
        ModelRegistry(shop, tmp_path).load(model.model_id)


def test_scores_are_recorded_with_their_model(model: CreditModel, shop: CreditStore, tmp_path: Path) -> None:
    table = frame(N, seed=8)[0]
    registry = ModelRegistry(shop, tmp_path)
    score = model.explain(matrix(table), "P00003")
    registry.record_scores([score])
    registry.record_scores([score])
    record = shop.get_record("score", f"P00003@{DAY}@{model.model_id}")
    assert record is not None
    assert record.revision == 2
    assert record.party_id == "P00003"
    assert record.body["model_id"] == model.model_id
    assert record.body["reasons"][0]["text"]["zh"]
