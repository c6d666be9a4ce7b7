"""Who exists: firms with latent health, persons, banks."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphcredit.model.identifiers import make_uscc

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

INDUSTRIES = (
    ("A01", 0), ("B06", 0), ("B08", 0), ("C13", 1), ("C17", 1), ("C22", 1), ("C26", 1), ("C30", 1), ("C33", 1),
    ("C34", 2), ("C35", 2), ("C36", 2), ("C38", 2), ("C39", 2), ("E47", 3), ("F51", 3), ("F52", 3), ("G54", 3),
    ("I65", 3), ("L72", 3),
)  # fmt: skip
"""GB/T 4754 divisions with their tier, 0 = raw materials, 3 = close to the consumer."""
REGIONS = {
    "北京": "110000", "上海": "310000", "江苏": "320000", "浙江": "330000", "山东": "370000",
    "广东": "440000", "四川": "510000", "湖北": "420000", "福建": "350000", "辽宁": "210000",
}  # fmt: skip
_NAMES = ("华", "新", "永", "金", "恒", "盛", "远", "瑞", "东", "海", "天", "宏", "安", "嘉", "明", "信")
_LINES = ("精密机械", "电子科技", "新材料", "纺织", "食品", "化工", "建材", "物流", "贸易", "软件", "包装", "汽配")
_SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡林郭何高罗"
_GIVEN = "伟芳娜敏静强磊军洋勇艳杰娟涛明超兰霞平刚桂英"


@dataclass(frozen=True)
class Firms:
    """Latent state of n firms; arrays of shape (n,)."""

    ids: npt.NDArray[np.str_]
    tier: Ints
    industry: Ints
    region: Ints
    size: Floats  # yearly sales in CNY, heavy-tailed
    health: Floats  # standard normal, high = healthy; never observed itself
    age: Floats  # years

    @property
    def n(self) -> int:
        """Number of firms."""
        return len(self.ids)


def draw_firms(rng: np.random.Generator, n: int) -> Firms:
    """Independent latent states; health depends on nothing else, so that only the stated process spreads distress."""
    industry = rng.integers(0, len(INDUSTRIES), n)
    return Firms(
        ids=np.array([f"F{i:06d}" for i in range(1, n + 1)]),
        tier=np.array([tier for _, tier in INDUSTRIES])[industry],
        industry=industry,
        region=rng.choice(len(REGIONS), n, p=_region_weights()),
        size=np.exp(rng.normal(16.2, 1.3, n)) * (1 + rng.pareto(2.2, n)),
        health=rng.normal(0, 1, n),
        age=1 + rng.gamma(2.0, 4.0, n),
    )


def _region_weights() -> Floats:
    weights = 1 / np.arange(1, len(REGIONS) + 1) ** 0.6
    return np.asarray(weights / weights.sum())


def parties_table(rng: np.random.Generator, firms: Firms, persons: int, banks: int, end: date) -> pa.Table:
    """The table `parties`: firms, then persons P..., then banks B...."""
    n = firms.n
    founded = np.datetime64(end) - (firms.age * 365.25).astype("timedelta64[D]")
    regions, codes = list(REGIONS), list(REGIONS.values())
    digits = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    letters = rng.integers(0, 10, (n, 8))
    uscc = [
        make_uscc("91", codes[region], "".join(digits[k] for k in row))
        for region, row in zip(firms.region, letters, strict=True)
    ]
    first, second, line = (rng.integers(0, k, n) for k in (len(_NAMES), len(_NAMES), len(_LINES)))
    names = [
        f"{regions[r]}{_NAMES[a]}{_NAMES[b]}{_LINES[c]}{i:05d}有限公司"
        for i, (r, a, b, c) in enumerate(zip(firms.region, first, second, line, strict=True), 1)
    ]
    capital = np.round(firms.size * rng.uniform(0.02, 0.3, n), -4) + 10_000
    verified = rng.choice(np.array(["self_reported", "registry", "site_visit"]), n, p=[0.35, 0.45, 0.2])
    employees = np.maximum(1, (firms.size / 900_000 * np.exp(rng.normal(0, 0.4, n))).astype(int))
    people = [f"{_SURNAMES[a]}{_GIVEN[b]}{_GIVEN[c]}" for a, b, c in rng.integers(0, 20, (persons, 3))]
    others = persons + banks
    blank: list[None] = [None] * others
    return pa.table(
        {
            "party_id": [*firms.ids.tolist(), *person_ids(persons), *bank_ids(banks)],
            "kind": ["company"] * n + ["person"] * persons + ["bank"] * banks,
            "name": [*names, *people, *(f"{regions[i % len(regions)]}银行{i + 1}" for i in range(banks))],
            "uscc": pa.array([*uscc, *blank], pa.string()),
            "country": ["CN"] * (n + others),
            "region": pa.array([*(regions[r] for r in firms.region), *blank], pa.string()),
            "industry": pa.array([*(INDUSTRIES[k][0] for k in firms.industry), *blank], pa.string()),
            "founded_on": pa.array([*founded.astype("datetime64[D]").tolist(), *blank], pa.date32()),
            "registered_capital": pa.array([*(f"{value:.2f}" for value in capital), *blank], pa.string()),
            "currency": pa.array([*(["CNY"] * n), *blank], pa.string()),
            "status": ["active"] * (n + others),
            "verification": pa.array([*verified.tolist(), *blank], pa.string()),
            "attr_employees": pa.array([*employees.tolist(), *blank], pa.int64()),
            "attr_export_share": pa.array([*np.round(rng.beta(1, 6, n), 3).tolist(), *blank], pa.float64()),
        }
    )


def person_ids(count: int) -> list[str]:
    """Ids of the persons."""
    return [f"P{i:06d}" for i in range(1, count + 1)]


def bank_ids(count: int) -> list[str]:
    """Ids of the banks."""
    return [f"B{i:03d}" for i in range(1, count + 1)]


def outlook_table(rng: np.random.Generator, effect: Floats, end: date) -> pa.Table:
    """The table `industry_outlook`: half-yearly views that say, with noise, what an industry does to its firms."""
    rows = []
    for half in range(4):
        day = date(end.year - 2 + (half + 1) // 2, 1 if half % 2 else 7, 1)
        trend = np.clip(-effect + rng.normal(0, 0.15, len(effect)), -1, 1)
        for position, (industry, _) in enumerate(INDUSTRIES):
            rows.append(
                {
                    "industry": industry, "valid_from": day, "trend": round(float(trend[position]), 3),
                    "policy": round(float(rng.uniform(-0.4, 0.4)), 3),
                    "competition": round(float(rng.uniform(0, 1)), 3), "source": "sample",
                }
            )  # fmt: skip
    return pa.Table.from_pylist(rows)
