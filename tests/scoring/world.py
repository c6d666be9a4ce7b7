"""A small world for scoring: frames drawn from a stated process, matrices and stores round them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from graphcredit.features import Feature
from graphcredit.network import Network
from graphcredit.store import CreditStore
from tests.support.stores import facts, party

DAY = date(2025, 6, 30)


@dataclass(frozen=True)
class Matrix:
    frame: pd.DataFrame
    features: tuple[Feature, ...]
    as_of: date | None = DAY
    store_version: int = 1
    network: Network | None = None
    recorded_at: dict[str, date] = field(default_factory=dict)


def ids(n: int) -> list[str]:
    return [f"P{i:05d}" for i in range(n)]


def frame(n: int, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Features, labels and true PDs: leverage and links raise risk, cash lowers it, industry C is risky."""
    rng = np.random.default_rng(seed)
    leverage, cash, links = rng.normal(size=n), rng.lognormal(size=n), rng.poisson(2, n).astype(float)
    industry = rng.choice(["A", "B", "C"], n)
    z = -2.7 + 1.1 * leverage - 0.8 * np.log(cash) + 0.6 * links + 1.0 * (industry == "C")
    pd_true = 1 / (1 + np.exp(-z))
    y = (rng.random(n) < pd_true).astype(np.int64)
    cash[rng.random(n) < 0.15] = np.nan
    table = pd.DataFrame(
        {
            "leverage": leverage,
            "cash": cash,
            "links": links,
            "noise": rng.normal(size=n),
            "constant": np.ones(n),
            "industry": pd.Categorical(industry),
        },
        index=pd.Index(ids(n), name="party_id", dtype=object),
    )
    return table, y, pd_true


def feature(name: str, family: str = "tabular", **more: Any) -> Feature:
    return Feature(
        name, family, more.pop("group", family), more.pop("unit", ""), ("test",), name, f"{name}（中）", **more
    )  # type: ignore[arg-type]


FEATURES = (
    feature("leverage", sign=1, changeable=True, group="statements"),
    feature("cash", sign=-1, changeable=True, group="statements"),
    feature("links", "graph", sign=1, group="degrees", layer="trade"),
    feature("noise", "graph", group="embedding"),
    feature("constant", group="profile"),
    feature("industry", group="profile", kind="categorical"),
)


def matrix(table: pd.DataFrame, as_of: date | None = DAY, **more: Any) -> Matrix:
    known = {f.name: f for f in FEATURES}
    return Matrix(table, tuple(known.get(str(c), feature(str(c))) for c in table.columns), as_of, **more)


def builder(table: pd.DataFrame, **more: Any) -> Callable[..., Matrix]:
    """A stand-in for `build_features` that serves rows of one frame."""

    def build(store: CreditStore, as_of: date, *, parties: Sequence[str] | None = None) -> Matrix:
        return matrix(table if parties is None else table.reindex(list(parties)), as_of, **more)

    return build


def labels(y: np.ndarray, *, observed_on: Any = DAY, split: Any = None) -> pd.DataFrame:
    made = pd.DataFrame({"party_id": ids(len(y)), "observed_on": observed_on, "default": y, "horizon_months": 12})
    return made if split is None else made.assign(split=split)


def fill(store: CreditStore, n: int) -> CreditStore:
    """Parties P00000.. known since 2020."""
    store.upsert("parties", facts("parties", [party(name) for name in ids(n)]))
    return store
