"""Where a model comes from: fingerprints, versions, what it learned from."""

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import numpy.typing as npt

from graphcredit.scoring.dataset import Dataset, stack
from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.master_scale import MasterScale
from graphcredit.scoring.model import Candidate
from graphcredit.scoring.overlay import OverlayRule, backtest, read_outlook
from graphcredit.scoring.peers import Peers, industries_of, row_prints
from graphcredit.store.base import CreditStore


def code_version() -> dict[str, str]:
    """Versions that decide what a fit gives."""
    found = {"python": platform.python_version()}
    for name in ("graphcredit", "numpy", "scikit-learn", "optbinning"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


def fingerprint(data: Dataset) -> str:
    """SHA-256 over parties, dates, outcomes and every feature value learned from."""
    digest = hashlib.sha256("|".join(map(str, data.X.columns)).encode())
    digest.update(row_prints(data.X, [str(name) for name in data.X.columns]).tobytes())
    for values in (data.labels.party_id, data.labels.observed_on):
        digest.update("|".join(map(str, values)).encode())
    digest.update(data.y.tobytes())
    return digest.hexdigest()


def model_identity(best: Candidate, meta: dict[str, Any]) -> str:
    """A name that says kind, features and date, ending in a hash of data and recipe: the same run, the same name."""
    text = f"{meta['data_fingerprint']}|{meta['seed']}|{meta['code_version']}|{best.key}|{meta['metrics']['auc']:.10f}"
    return f"{best.kind}-{best.feature_set}-{meta['as_of']}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def reference(data: Dataset) -> tuple[Peers, npt.NDArray[np.uint64]]:
    """Peers of the newest date's labelled parties (all dates where those are few), and hashes of the rows learned."""
    industries = np.full(len(data.y), "", dtype=object)
    for day, matrix in data.matrices.items():
        rows = np.flatnonzero(data.labels.observed_on == day)
        by_party = dict(zip(matrix.frame.index, industries_of(matrix), strict=True))
        industries[rows] = [by_party.get(party, "") for party in data.labels.party_id[rows]]
    newest = data.labels.observed_on == data.labels.dates[-1]
    rows = newest if newest.sum() >= 500 else np.ones(len(newest), dtype=bool)
    prints = np.unique(row_prints(data.X, [str(name) for name in data.X.columns]))
    return Peers.of(stack([data.X[rows].reset_index(drop=True)]), industries[rows]), prints


def overlay_backtest(store: CreditStore, data: Dataset, pds: Floats, scale: MasterScale) -> dict[str, Any] | None:
    """Effect of the overlay on out-of-fold PDs (nan where not judged), or None where no outlook moves any."""
    rule = OverlayRule()
    notches = np.zeros(len(data.y))
    for day, matrix in data.matrices.items():
        outlook = read_outlook(store, day)
        if outlook.by_industry:
            by_party = dict(zip(matrix.frame.index, outlook.notches(industries_of(matrix), rule), strict=True))
            rows = np.flatnonzero(data.labels.observed_on == day)
            notches[rows] = [by_party.get(party, 0.0) for party in data.labels.party_id[rows]]
    judged = ~np.isnan(pds)
    if not notches[judged].any():
        return None
    return {"rule": rule.body(), **backtest(pds[judged], notches[judged], data.y[judged], scale)}
