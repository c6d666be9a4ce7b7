"""Model files: skops inside, a manifest in front. Nothing in them is run before it has been checked.

Layout: a line `graphcredit-model <format>`, a line of JSON (the manifest), the skops archive. The manifest holds the
SHA-256 of the archive, of itself, and, where the installation has a secret key, an HMAC of both.
"""

import hashlib
import hmac
import json
import os
import zipfile
from pathlib import Path
from typing import Any

from graphcredit.exc import ModelFileError
from graphcredit.scoring.model import CreditModel
from graphcredit.settings import get_settings

FORMAT = 1
MAGIC = b"graphcredit-model"
SUFFIX = ".gcmodel"
_ROOM = "graphcredit.scoring"
TRUSTED = (
    f"{_ROOM}.average.Average",
    f"{_ROOM}.boosting.Boosting",
    f"{_ROOM}.calibration.Calibrator",
    f"{_ROOM}.flat_trees.FlatTrees",
    f"{_ROOM}.forest.ExtraTrees",
    f"{_ROOM}.forest.RandomForest",
    f"{_ROOM}.label_aware.KnownLabels",
    f"{_ROOM}.logistic.Logistic",
    f"{_ROOM}.master_scale.MasterScale",
    f"{_ROOM}.matrix.FeatureInfo",
    f"{_ROOM}.model.Candidate",
    f"{_ROOM}.overlay.OverlayRule",
    f"{_ROOM}.peers.Peers",
    f"{_ROOM}.points.PointScale",
    f"{_ROOM}.preprocess.Column",
    f"{_ROOM}.preprocess.Preparation",
    f"{_ROOM}.scorecard.Bin",
    f"{_ROOM}.scorecard.Scorecard",
    f"{_ROOM}.tree.Tree",
)
"""Every type of ours that a model file may hold, besides plain values and arrays."""


def save_model(model: CreditModel, path: Path) -> str:
    """Write a model file, atomically; returns the SHA-256 of its archive."""
    from skops.io import dumps

    archive = dumps(_parts(model))
    manifest: dict[str, Any] = {
        "model_id": model.model_id,
        "code_version": model.meta.get("code_version"),
        "sha256": hashlib.sha256(archive).hexdigest(),
    }
    manifest["manifest_sha256"] = _manifest_hash(manifest)
    secret = _secret()
    if secret:
        manifest["hmac"] = _sign(manifest, secret)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    header = MAGIC + b" %d\n" % FORMAT + json.dumps(manifest, sort_keys=True).encode() + b"\n"
    draft.write_bytes(header + archive)
    draft.replace(path)
    return str(manifest["sha256"])


def load_model(path: Path, *, sha256: str | None = None) -> CreditModel:
    """Read a model file.

    Args:
        path: the file.
        sha256: what the archive's hash must be, where a record of it was kept elsewhere.

    Raises:
        ModelFileError: no such file, another format, changed since it was written, or types that are not trusted.
    """
    if not path.is_file():
        raise ModelFileError(f"no model file {path}", remedy="train a model, or see `graphcredit models list`")
    try:
        first, second, archive = path.read_bytes().split(b"\n", 2)
        manifest = _manifest(first, second)
    except ValueError:
        raise ModelFileError(
            f"{path.name} is not a model file, or was cut short", remedy="train or copy again"
        ) from None
    _check(path, manifest, archive, sha256)
    return _rebuild(path, _load_archive(path, archive))


def _manifest(first: bytes, second: bytes) -> dict[str, Any]:
    magic, _, number = first.partition(b" ")
    if magic != MAGIC or not number.isdigit():
        raise ValueError("no magic")
    if int(number) != FORMAT:
        raise ModelFileError(
            f"the model file has format {int(number)}, this release reads {FORMAT}",
            remedy="train the model again with this release, or use the release that wrote it",
            format=int(number),
        )
    manifest = json.loads(second)
    if not isinstance(manifest, dict):
        raise ValueError("no manifest")
    return manifest


def _check(path: Path, manifest: dict[str, Any], archive: bytes, expected: str | None) -> None:
    actual = hashlib.sha256(archive).hexdigest()
    unsigned = {key: value for key, value in manifest.items() if key not in ("manifest_sha256", "hmac")}
    changed = actual != manifest.get("sha256") or _manifest_hash(unsigned) != manifest.get("manifest_sha256")
    secret = _secret()
    if not changed and secret and "hmac" in manifest:
        body = {key: value for key, value in manifest.items() if key != "hmac"}
        changed = not hmac.compare_digest(_sign(body, secret), str(manifest["hmac"]))
    if changed or (expected is not None and actual != expected):
        raise ModelFileError(
            f"{path.name} has been changed since it was written",
            remedy="restore it from a copy, or train again; do not use it",
            path=str(path),
        )


def _load_archive(path: Path, archive: bytes) -> Any:
    from skops.io import get_untrusted_types, loads

    try:
        unknown = sorted(set(get_untrusted_types(data=archive)) - set(TRUSTED))
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise ModelFileError(f"{path.name} cannot be read: {error}", remedy="train or copy the model again") from None
    if unknown:
        raise ModelFileError(
            f"{path.name} holds types that are not trusted: {', '.join(unknown[:5])}",
            remedy="do not use the file; a model of ours holds arrays and our own types only",
            types=unknown,
        )
    try:
        return loads(archive, trusted=list(TRUSTED))
    except (KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise ModelFileError(
            f"{path.name} cannot be read: {error}", remedy="it may come from another release; train again"
        ) from None


def _parts(model: CreditModel) -> dict[str, Any]:
    return {
        "model_id": model.model_id,
        "chosen": model.chosen.key,
        "candidates": dict(model.candidates),
        "features": list(model.features),
        "scale": model.scale,
        "point_scale": model.point_scale,
        "overlay": model.overlay,
        "peers": model.peers,
        "prints": model.prints,
        "known_labels": model.known_labels,
        "meta": json.dumps(dict(model.meta), ensure_ascii=False, default=float),
    }


def _rebuild(path: Path, parts: Any) -> CreditModel:
    try:
        return CreditModel(
            model_id=parts["model_id"],
            chosen=parts["candidates"][parts["chosen"]],
            candidates=parts["candidates"],
            features=tuple(parts["features"]),
            scale=parts["scale"],
            point_scale=parts["point_scale"],
            overlay=parts["overlay"],
            peers=parts["peers"],
            prints=parts["prints"],
            known_labels=parts["known_labels"],
            meta=json.loads(parts["meta"]),
        )
    except (KeyError, TypeError):
        raise ModelFileError(
            f"{path.name} lacks parts of a model", remedy="it may come from another release; train again"
        ) from None


def _manifest_hash(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _secret() -> bytes:
    settings = get_settings()
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    if settings.secret_key_file is not None and settings.secret_key_file.is_file():
        return settings.secret_key_file.read_bytes().strip()
    return b""


def _sign(manifest: dict[str, Any], secret: bytes) -> str:
    return hmac.new(secret, json.dumps(manifest, sort_keys=True).encode(), hashlib.sha256).hexdigest()
