"""From ratings given on days to spells: who was in which grade from when to when, and where it went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcredit.exc import InputError, ValueRangeError
from graphcredit.scoring.kernels import Floats

NOT_RATED = "NR"
STILL = -1
"""Where a spell goes that is not over at the end of the observation."""
DAYS_A_YEAR = 365.25
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Spells:
    """Times that parties spent in one state, one row each; times are days since 1970-01-01.

    A rating holds from its day until the next one, until it lapses, or until the end of the observation. A party that
    is rated again after default or withdrawal begins anew.

    Attributes:
        states: grades best first, default, not rated.
        party: number of the party, shape (m,).
        state: position in `states`, shape (m,).
        entered, left: days, shape (m,); entered < left.
        follows: state entered when it was left, or STILL, shape (m,).
        until: last day observed.
        parties: how many.
    """

    states: tuple[str, ...]
    party: Ints
    state: Ints
    entered: Floats
    left: Floats
    follows: Ints
    until: date
    parties: int

    @property
    def default(self) -> int:
        """Position of default."""
        return len(self.states) - 2

    @property
    def withdrawn(self) -> int:
        """Position of not rated."""
        return len(self.states) - 1

    @property
    def at_risk(self) -> npt.NDArray[np.bool_]:
        """Spells in a grade: neither in default nor without a rating."""
        return self.state < self.default


def number_of(day: date) -> float:
    """Days since 1970-01-01."""
    return float((day - date(1970, 1, 1)).days)


def add_months(day: date, months: int) -> date:
    """The same day of the month, or the month's last."""
    return (pd.Timestamp(day) + pd.DateOffset(months=months)).date()


def spells(
    ratings: pd.DataFrame,
    grades: Sequence[str],
    *,
    until: date | None = None,
    valid_months: int = 18,
) -> Spells:
    """Spells of ratings.

    Args:
        ratings: party_id, as_of and grade (one of `grades`, or NR for a rating withdrawn); the last row of a party and
            day counts.
        grades: the scale, best first; the last is default.
        until: last day observed; the last rating's when None. Later ratings are left out.
        valid_months: a rating not renewed within so many months counts as withdrawn from then; 0 = it never lapses.

    Raises:
        InputError: no rating, or a grade that the scale lacks.
        ValueRangeError: negative months.
    """
    if valid_months < 0:
        raise ValueRangeError(f"{valid_months} months", remedy="give 0 (never) or more")
    table = _sorted(ratings, until)
    states = (*grades, NOT_RATED)
    place = {grade: i for i, grade in enumerate(states)}
    unknown = sorted(set(table["grade"]) - set(place))
    if unknown:
        raise InputError(
            f"grade {unknown[0]!r} is not on the scale {', '.join(grades)}",
            remedy="estimate ratings of one scale at a time; name the model whose scale it is",
            unknown=unknown,
        )
    end = until or table["as_of"].max().date()
    party, _ = pd.factorize(table["party_id"])
    state: Ints = np.array(table["grade"].map(place), dtype=np.int64)
    entered = _days(table["as_of"])
    expires = (
        _days(table["as_of"] + pd.DateOffset(months=valid_months)) if valid_months else np.full(len(table), np.inf)
    )
    owner: Ints = np.array(party, dtype=np.int64)
    return _cut(states, owner, state, entered, expires, end)


def _sorted(ratings: pd.DataFrame, until: date | None) -> pd.DataFrame:
    table = ratings.loc[:, ["party_id", "as_of", "grade"]].copy()
    table["as_of"] = pd.to_datetime(table["as_of"])
    table["grade"] = table["grade"].astype(str)
    if until is not None:
        table = table[table["as_of"] <= pd.Timestamp(until)]
    if table.empty:
        raise InputError(
            "no rating is on record in this period", remedy="score parties on several days: graphcredit score --all"
        )
    table = table.drop_duplicates(["party_id", "as_of"], keep="last")
    return table.sort_values(["party_id", "as_of"], kind="stable").reset_index(drop=True)


def _cut(states: tuple[str, ...], party: Ints, state: Ints, entered: Floats, expires: Floats, until: date) -> Spells:
    default, withdrawn, end = len(states) - 2, len(states) - 1, number_of(until)
    lasting = state >= default  # default and withdrawal last until something else is said
    expires = np.where(lasting, np.inf, expires)
    same = np.append(party[1:] == party[:-1], False)
    next_day = np.where(same, np.append(entered[1:], 0.0), np.inf)
    next_state = np.where(same, np.append(state[1:], 0), STILL)
    left = np.minimum(np.minimum(next_day, expires), np.where(lasting, end + 1, end))
    renewed = next_day <= np.minimum(expires, end)
    follows = np.where(renewed, next_state, np.where(expires < end, withdrawn, STILL))
    # a grade given on the last day has no length and tells of no move; that it was reached is told by the one before
    keep = entered < left
    return Spells(
        states,
        party[keep],
        state[keep],
        entered[keep],
        left[keep],
        follows[keep].astype(np.int64),
        until,
        int(party.max()) + 1,
    )


def _days(column: "pd.Series[pd.Timestamp]") -> Floats:
    return np.asarray(column.to_numpy().astype("datetime64[D]").astype(np.int64), dtype=np.float64)


def windows(
    found: Spells, horizon_months: int, since: date | None = None, step_months: int = 0
) -> list[tuple[date, date]]:
    """Periods of one horizon each that end by the end of the observation.

    Args:
        found: spells.
        horizon_months: length.
        since: beginning of the first; the latest that gives whole periods up to the end, when None.
        step_months: from one beginning to the next; the horizon when 0.

    Raises:
        ValueRangeError: no whole period fits.
    """
    if horizon_months < 1:
        raise ValueRangeError(f"a horizon of {horizon_months} months", remedy="give at least one month")
    step = step_months or horizon_months
    first_day = date(1970, 1, 1) + pd.Timedelta(days=float(found.entered.min())) if len(found.entered) else found.until
    made: list[tuple[date, date]] = []
    if since is None:
        k = 0
        while (start := add_months(found.until, -horizon_months - k * step)) >= first_day:
            made.insert(0, (start, add_months(found.until, -k * step)))
            k += 1
    else:
        k = 0
        while (end := add_months(since, k * step + horizon_months)) <= found.until:
            made.append((add_months(since, k * step), end))
            k += 1
    if not made:
        raise ValueRangeError(
            f"ratings from {first_day} to {found.until} do not span {horizon_months} months",
            remedy="rate on more days, or give a shorter horizon",
        )
    return made
