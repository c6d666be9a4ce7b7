"""Who the party is: age, capital, verification, industry, region, and whatever attributes its source gave."""

import json
from typing import Any

import numpy as np
import pyarrow.compute as pc

from graphcredit.features.context import Context
from graphcredit.features.registry import Columns, Feature, describe, feature_group
from graphcredit.model.tables import EXCLUDED_ATTRIBUTE_PREFIX

_f = describe("profile", "tabular", ("parties",))
_VERIFICATION = {"self_reported": 0.0, "registry": 1.0, "site_visit": 2.0}


@feature_group(
    "profile",
    "tabular",
    _f("age_years", "years", "years since foundation", "成立年限", sign=-1),
    _f("registered_capital", "log(1 + CNY)", "registered capital", "注册资本"),
    _f("verification_level", "0 to 2", "how well its data are verified", "核验程度", sign=-1, changeable=True),
    _f("industry", "code", "industry", "行业", kind="categorical"),
    _f("region", "name", "region", "地区", kind="categorical"),
    _f("party_kind", "kind", "kind of party", "主体类型", kind="categorical"),
)
def profile(context: Context) -> Columns:
    """Identity and verification."""
    attributes = context.network.attributes
    founded = attributes["founded_on"].astype("datetime64[D]")
    age = (np.datetime64(context.day) - founded).astype("timedelta64[D]").astype(np.float64) / 365.25
    age[np.isnat(founded) | (age < 0)] = np.nan
    rows = context.read("parties", ["party_id", "verification"])
    level = np.full(context.n, np.nan)
    known = [_VERIFICATION.get(value, np.nan) for value in rows["verification"].to_pylist()]
    where = context.positions(rows["party_id"])
    level[where[where >= 0]] = np.asarray(known, dtype=np.float64)[where >= 0]

    def category(name: str) -> np.ndarray:
        values = attributes[name].astype(object)
        values[values == ""] = None
        return np.asarray(values, dtype=object)

    return {
        "age_years": age,
        "registered_capital": np.log1p(np.maximum(attributes["registered_capital"].astype(np.float64), 0)),
        "verification_level": level,
        "industry": category("industry"),
        "region": category("region"),
        "party_kind": category("kind"),
    }


MOST_CATEGORIES = 60

_ENDLESS: dict[str, float | None] = {
    **dict.fromkeys(("inf", "+inf", "infinity", "+infinity"), float("inf")),
    **dict.fromkeys(("-inf", "-infinity"), float("-inf")),
    **dict.fromkeys(("nan", "+nan", "-nan"), None),
}


@feature_group("attributes", "tabular", dynamic=True)
def attributes(context: Context) -> Columns:
    """Every attribute of the parties table that is a number, a flag or a category of at most 60 values."""
    rows = context.read("parties", ["party_id", "attributes"])
    filled = rows.filter(pc.is_valid(rows["attributes"]))
    if not filled.num_rows:
        return {}
    position = context.positions(filled["party_id"])
    parsed = [json.loads(text) for text in filled["attributes"].to_pylist()]
    names = sorted({name for row in parsed for name in row if not name.startswith(EXCLUDED_ATTRIBUTE_PREFIX)})
    columns: dict[str, np.ndarray] = {}
    described = []
    for name in names:
        values = _endless_as_numbers([row.get(name) for row in parsed])
        present = [value for value in values if value is not None]
        numeric = all(isinstance(value, bool | int | float) for value in present)
        if not numeric and len({str(value) for value in present}) > MOST_CATEGORIES:
            continue  # an identifier or free text
        column = np.full(context.n, np.nan) if numeric else np.full(context.n, None, dtype=object)
        column[position] = [
            (np.nan if numeric else None) if value is None else (float(value) if numeric else str(value))
            for value in values
        ]
        key = f"attr_{name}"
        columns[key] = column
        kind = "numeric" if numeric else "categorical"
        described.append(Feature(key, "tabular", "attributes", "as given", ("parties",), name, name, kind=kind))  # type: ignore[arg-type]
    context.shared["attributes"] = described
    return columns


def _endless_as_numbers(values: list[Any]) -> list[Any]:
    """Text such as inf or nan among numbers is what a float printed: infinite (refused later, by name) or missing.

    Left as text it would make the whole column a category, and drop it without a word.
    """
    if not any(isinstance(value, int | float) for value in values):
        return values
    return [_ENDLESS.get(value.strip().lower(), value) if isinstance(value, str) else value for value in values]
