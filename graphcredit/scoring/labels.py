"""Labels: who was observed when, and whether it defaulted within the horizon."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from graphcredit.exc import LabelError
from graphcredit.model.tables import LABELS
from graphcredit.store.base import CreditStore

MIN_DEFAULTS = 10
SPLITS = ("train", "valid", "test")
_YES = {"1", "1.0", "true", "yes", "y", "是", "default"}
_NO = {"0", "0.0", "false", "no", "n", "否"}


@dataclass(frozen=True)
class Labels:
    """Checked labels, one row a (party, date), in the order given.

    Attributes:
        party_id: shape (n,), text.
        observed_on: shape (n,), `datetime.date`.
        default: shape (n,), 0 or 1.
        horizon_months: months within which a default counts; None where not said or mixed.
        split: shape (n,), train, valid, test or "".
    """

    party_id: npt.NDArray[np.object_]
    observed_on: npt.NDArray[np.object_]
    default: npt.NDArray[np.int64]
    horizon_months: int | None
    split: npt.NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.party_id)

    @property
    def dates(self) -> list[date]:
        """Distinct observation dates, oldest first."""
        return sorted(set(self.observed_on))

    def take(self, rows: npt.NDArray[Any]) -> "Labels":
        """The rows at these positions, or where a mask is true."""
        return Labels(
            self.party_id[rows], self.observed_on[rows], self.default[rows], self.horizon_months, self.split[rows]
        )

    def summary(self) -> dict[str, Any]:
        """Counts for reports, JSON-able."""
        return {
            "n": len(self),
            "defaults": int(self.default.sum()),
            "default_rate": float(self.default.mean()) if len(self) else 0.0,
            "dates": [day.isoformat() for day in self.dates][:24],
            "horizon_months": self.horizon_months,
            "splits": {name: int((self.split == name).sum()) for name in SPLITS if (self.split == name).any()},
        }


def read_labels(source: pd.DataFrame | pa.Table | str | Path, *, observed_on: date | None = None) -> Labels:
    """Labels from a frame, an Arrow table or a CSV file in the layout of the canonical table `labels`.

    Args:
        source: columns party_id, observed_on, default (0/1, true/false, yes/no, 是/否) and optionally horizon_months,
            split (train, valid, test).
        observed_on: the date of rows that carry none.

    Raises:
        LabelError: a column is absent, a value is not understood, a row repeats, or nothing is left.
    """
    frame = _frame(source)
    absent = [name for name in ("party_id", "default") if name not in frame.columns]
    if "observed_on" not in frame.columns and observed_on is None:
        absent.append("observed_on")
    if absent:
        raise LabelError(
            f"labels lack the column{'s' * (len(absent) > 1)} {', '.join(absent)}",
            remedy="give party_id, observed_on and default; split and horizon_months are optional",
            columns=list(map(str, frame.columns)),
        )
    if frame.empty:
        raise LabelError("labels have no row", remedy="give one row per party and date: party_id,observed_on,default")
    parties = frame["party_id"].astype("string").str.strip()
    _refuse_rows(parties.isna() | (parties == ""), "party_id", frame["party_id"], "name the party")
    days = _days(frame, observed_on)
    labels = Labels(
        parties.to_numpy(dtype=object),
        days,
        _defaults(frame["default"]),
        _horizon(frame),
        _splits(frame),
    )
    _refuse_repeats(labels)
    return labels


def labels_from_store(store: CreditStore) -> Labels:
    """The labels that were loaded with the facts.

    Raises:
        LabelError: the store holds none.
    """
    table = store.read("labels")
    if table.num_rows == 0:
        raise LabelError("the store holds no labels", remedy="load a labels table, or give one with --labels")
    return read_labels(table)


def check_trainable(labels: Labels, *, what: str = "training") -> None:
    """Raise where a model cannot be learned.

    Raises:
        LabelError: one class only, or fewer than ten defaults (or than ten sound parties).
    """
    bad = int(labels.default.sum())
    good = len(labels) - bad
    if bad == 0 or good == 0:
        raise LabelError(
            f"all {len(labels)} {what} labels are {1 if bad else 0}: one class only",
            remedy="add parties that " + ("did not default" if bad else "defaulted"),
            defaults=bad,
            sound=good,
        )
    if min(bad, good) < MIN_DEFAULTS:
        few = "defaults" if bad < good else "parties without default"
        raise LabelError(
            f"only {min(bad, good)} {few} among {len(labels)} {what} labels; at least {MIN_DEFAULTS} are needed",
            remedy="widen the horizon or the period; for upper bounds without defaults see graphcredit models low-default",
            defaults=bad,
            sound=good,
        )


def check_known(labels: Labels, store: CreditStore) -> None:
    """Raise where labels name parties that the store does not know by the label's date.

    Raises:
        LabelError: parties are unknown at all, or none of a date's parties is known by that date.
    """
    everyone = set(store.read("parties", columns=["party_id"], ordered=False).column("party_id").to_pylist())
    unknown = sorted({party for party in labels.party_id if party not in everyone})
    if unknown:
        raise LabelError(
            f"{len(unknown)} of {len(set(labels.party_id))} labelled parties are unknown: {_some(unknown)}",
            remedy="load them first, or check that the labels use the same ids as the parties table",
            unknown=unknown[:1000],
        )
    early = []
    for day in labels.dates:
        known = store.read("parties", as_of=day, columns=["party_id"], ordered=False).column("party_id").to_pylist()
        if not set(known) & set(labels.party_id[labels.observed_on == day]):
            early.append(day)
    if early:
        raise LabelError(
            f"nothing was known of the labelled parties on {_some([day.isoformat() for day in early])}: "
            "the dates lie before any fact",
            remedy="check observed_on, or recorded_at of the loaded facts (it says when a fact became known)",
            dates=[day.isoformat() for day in early],
        )


def _some(names: Sequence[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _frame(source: pd.DataFrame | pa.Table | str | Path) -> pd.DataFrame:
    if isinstance(source, pd.DataFrame):
        return source.reset_index(drop=True)
    if isinstance(source, pa.Table):
        return pd.DataFrame(source.to_pandas())
    path = Path(source)
    if not path.is_file():
        raise LabelError(f"no file {path}", remedy="give the path of a CSV file with party_id,observed_on,default")
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        try:
            return pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=True)
        except UnicodeDecodeError:
            return pd.read_csv(path, dtype=str, encoding="gb18030", keep_default_na=True)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError, pa.ArrowInvalid) as error:
        raise LabelError(
            f"{path.name} cannot be read as labels: {error}", remedy="give a CSV or Parquet file"
        ) from None


def _refuse_rows(bad: "pd.Series[bool]", column: str, values: "pd.Series[Any]", remedy: str) -> None:
    if bad.any():
        rows = np.flatnonzero(bad.to_numpy())
        raise LabelError(
            f"{len(rows)} labels have an unusable {column}, first in row {rows[0] + 1}: {values.iloc[rows[0]]!r}",
            remedy=remedy,
            rows=[int(row) + 1 for row in rows[:1000]],
        )


def _days(frame: pd.DataFrame, fallback: date | None) -> npt.NDArray[np.object_]:
    if "observed_on" not in frame.columns:
        return np.array([fallback] * len(frame), dtype=object)
    given = frame["observed_on"]
    days = pd.to_datetime(given, errors="coerce", format="mixed" if given.dtype == object else None)
    if fallback is not None:
        days = days.fillna(pd.Timestamp(fallback))
    _refuse_rows(days.isna(), "observed_on", given, "write dates as 2026-06-30")
    return days.dt.date.to_numpy(dtype=object)


def _defaults(column: "pd.Series[Any]") -> npt.NDArray[np.int64]:
    words = column.astype("string").str.strip().str.lower()
    yes = words.isin(_YES).to_numpy(dtype=bool, na_value=False)
    no = words.isin(_NO).to_numpy(dtype=bool, na_value=False)
    _refuse_rows(pd.Series(~(yes | no)), "default", column, "write 1 for default and 0 for none")
    return yes.astype(np.int64)


def _horizon(frame: pd.DataFrame) -> int | None:
    if "horizon_months" not in frame.columns:
        return None
    months = pd.to_numeric(frame["horizon_months"], errors="coerce").dropna().unique()
    return int(months[0]) if len(months) == 1 else None


def _splits(frame: pd.DataFrame) -> npt.NDArray[np.object_]:
    if "split" not in frame.columns:
        return np.array([""] * len(frame), dtype=object)
    words = frame["split"].astype("string").str.strip().str.lower().fillna("")
    words = words.replace({"val": "valid", "validation": "valid", "dev": "valid", "training": "train"})
    choices = LABELS["split"].choices
    _refuse_rows(~words.isin([*choices, ""]), "split", frame["split"], f"one of {', '.join(choices)}, or empty")
    return words.to_numpy(dtype=object)


def _refuse_repeats(labels: Labels) -> None:
    keys = pd.DataFrame({"party_id": labels.party_id, "observed_on": labels.observed_on, "default": labels.default})
    repeated = keys.duplicated(["party_id", "observed_on"], keep=False)
    if repeated.any():
        clash = keys[repeated].groupby(["party_id", "observed_on"])["default"].nunique().gt(1).sum()
        first = keys[repeated].iloc[0]
        raise LabelError(
            f"{int(repeated.sum())} labels repeat a party and date, first {first['party_id']} on {first['observed_on']}"
            + (f"; {clash} of them contradict each other" if clash else ""),
            remedy="keep one label per party and date",
        )
