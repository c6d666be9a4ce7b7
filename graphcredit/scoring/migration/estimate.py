"""One call from a store, or a table of ratings, to a migration matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from graphcredit.exc import InputError, ValueRangeError
from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.migration.aalen_johansen import aalen_johansen_intervals, averaged, years_within
from graphcredit.scoring.migration.cohort import cohort_counts, cohort_intervals, shares
from graphcredit.scoring.migration.duration import after, counted, duration_intervals, generator
from graphcredit.scoring.migration.history import defaults_of, rating_history, with_defaults
from graphcredit.scoring.migration.result import Migration, Text
from graphcredit.scoring.migration.spells import Spells, spells, windows
from graphcredit.store.base import CreditStore

METHODS = ("cohort", "duration", "aalen-johansen")
WITHDRAWN = ("drop", "keep")


@dataclass(frozen=True)
class MigrationOptions:
    """How to estimate.

    Attributes:
        method: cohort, duration or aalen-johansen.
        horizon_months: period over which moves are asked for.
        since, until: first and last day used; the whole history when None.
        withdrawn: drop (a rating withdrawn says nothing of quality: cohort leaves the party out, the others stop
            watching it) or keep (not rated is a state of its own).
        valid_months: a rating not renewed within so many months counts as withdrawn; 0 = never.
        step_months: from one cohort to the next; the horizon when 0.
        confidence: of the intervals.
        draws: of the bootstrap.
        seed: of the bootstrap.
    """

    method: str = "cohort"
    horizon_months: int = 12
    since: date | None = None
    until: date | None = None
    withdrawn: str = "drop"
    valid_months: int = 18
    step_months: int = 0
    confidence: float = 0.95
    draws: int = 200
    seed: int = 0

    def check(self) -> None:
        """Raise where an option is unknown or out of range.

        Raises:
            InputError, ValueRangeError: says which.
        """
        if self.method not in METHODS:
            raise InputError(f"unknown method {self.method!r}", remedy=f"one of {', '.join(METHODS)}")
        if self.withdrawn not in WITHDRAWN:
            raise InputError(f"withdrawn ratings cannot be taken as {self.withdrawn!r}", remedy="drop or keep")
        for name, ok in (
            ("horizon_months", 1 <= self.horizon_months <= 600),
            ("step_months", 0 <= self.step_months <= 600),
            ("confidence", 0 < self.confidence < 1),
            ("draws", 2 <= self.draws <= 100_000),
        ):
            if not ok:
                raise ValueRangeError(f"{name} is {getattr(self, name)}", remedy="see MigrationOptions for its range")


def migration(
    store: CreditStore,
    grades: Sequence[str],
    options: MigrationOptions | None = None,
    *,
    model_id: str | None = None,
    **settings: Any,
) -> Migration:
    """Migration of the ratings a store has kept, with the defaults on record in it.

    Args:
        store: any store.
        grades: the scale, best first, default last.
        options: see MigrationOptions; or give its fields as keywords.
        model_id: only ratings of this model; all (the last given of a day counts) when None.

    Raises:
        InputError: no rating, or one off the scale; ValueRangeError: ratings span no whole period.
    """
    chosen = options or MigrationOptions(**settings)
    ratings = rating_history(store, as_of=chosen.until, model_id=model_id)
    if ratings.empty:
        raise InputError(
            "no rating is on record" + (f" of model {model_id!r}" if model_id else ""),
            remedy="score parties on several days: graphcredit score --all --as-of DAY",
        )
    models = ratings["model_id"].nunique()
    until = chosen.until or ratings["as_of"].max()
    table = with_defaults(ratings, defaults_of(store, as_of=until), grades[-1])
    return migration_of(table, grades, chosen, models=models)


def migration_of(
    ratings: pd.DataFrame,
    grades: Sequence[str],
    options: MigrationOptions | None = None,
    *,
    models: int = 1,
    **settings: Any,
) -> Migration:
    """Migration of a table of ratings: party_id, as_of, grade (one of `grades`, the last is default; NR = withdrawn).

    Raises:
        InputError: no rating, or one off the scale; ValueRangeError: ratings span no whole period.
    """
    chosen = options or MigrationOptions(**settings)
    chosen.check()
    found = spells(ratings, grades, until=chosen.until, valid_months=chosen.valid_months)
    estimate = {"cohort": _cohort, "duration": _duration, "aalen-johansen": _aalen_johansen}[chosen.method]
    made = estimate(found, chosen)
    states = found.states if chosen.withdrawn == "keep" else found.states[:-1]
    empty = made["exposure"] == 0
    empty[found.default :] = False  # default and not rated are never left: nothing is missing there
    made["lower"][empty], made["upper"][empty] = 0.0, 1.0  # nothing is known
    made["lower"][found.default :] = made["upper"][found.default :] = made["matrix"][found.default :]
    unseen = tuple(state for state, none in zip(states, empty, strict=True) if none)
    first = date(1970, 1, 1) + pd.Timedelta(days=float(found.entered.min()))
    return Migration(
        method=chosen.method,
        states=tuple(states),
        horizon_months=chosen.horizon_months,
        since=made.pop("since", None) or chosen.since or first,
        until=found.until,
        parties=found.parties,
        withdrawn=chosen.withdrawn,
        confidence=chosen.confidence,
        unseen=unseen,
        notes=_notes(chosen, unseen, models),
        **made,
    )


def _cohort(found: Spells, options: MigrationOptions) -> dict[str, Any]:
    keep = options.withdrawn == "keep"
    periods = windows(found, options.horizon_months, options.since, options.step_months)
    counts = cohort_counts(found, periods)
    matrix, n = shares(counts, keep=keep)
    low, high, how = cohort_intervals(
        found, periods, keep=keep, confidence=options.confidence, draws=options.draws, seed=options.seed
    )
    moves = counts if keep else counts[:-1, :-1]
    return _made(matrix, low, high, how, moves, n) | {"since": periods[0][0]}


def _duration(found: Spells, options: MigrationOptions) -> dict[str, Any]:
    keep = options.withdrawn == "keep"
    moves, years = counted(found, options.since, keep=keep)
    rates = generator(moves, years)
    horizon = options.horizon_months / 12
    low, high, how = duration_intervals(
        found, options.since, keep=keep, years=horizon, confidence=options.confidence, draws=options.draws,
        seed=options.seed,
    )  # fmt: skip
    return _made(after(rates, horizon), low, high, how, moves, years) | {"generator": rates}


def _aalen_johansen(found: Spells, options: MigrationOptions) -> dict[str, Any]:
    keep = options.withdrawn == "keep"
    periods = windows(found, options.horizon_months, options.since)
    moves, _ = counted(found, periods[0][0], keep=keep)
    low, high, how = aalen_johansen_intervals(
        found, periods, keep=keep, confidence=options.confidence, draws=options.draws, seed=options.seed
    )
    years = np.sum([years_within(found, *period, keep=keep) for period in periods], axis=0)
    return _made(averaged(found, periods, keep=keep), low, high, how, moves, years) | {"since": periods[0][0]}


def _made(matrix: Floats, low: Floats, high: Floats, how: str, moves: Floats, exposure: Floats) -> dict[str, Any]:
    return {
        "matrix": matrix,
        "lower": np.minimum(low, matrix),
        "upper": np.maximum(high, matrix),
        "interval": how,
        "moves": moves,
        "exposure": exposure,
    }


def _notes(options: MigrationOptions, unseen: Sequence[str], models: int) -> tuple[Text, ...]:
    notes: list[Text] = [_WITHDRAWN[options.withdrawn]]
    if options.method == "duration":
        notes.append(
            {
                "en": "Rates are taken as the same throughout (time-homogeneous Markov chain); a rating holds from its day on.",
                "zh": "假定迁移强度在整个期间不变（时齐马尔可夫链）；评级自评定日起有效。",
            }
        )
    elif options.method == "aalen-johansen":
        notes.append(
            {
                "en": "Rates may change over time; several periods are averaged by the time spent in each grade.",
                "zh": "迁移强度可随时间变化；有多个期间时按各等级停留时间加权平均。",
            }
        )
    if unseen:
        names = ", ".join(unseen)
        notes.append(
            {
                "en": f"Nobody was seen in {names}: these rows say that all stay, for want of data.",
                "zh": f"等级 {names} 无样本：因无数据，相应行按不变处理。",
            }
        )
    if models > 1:
        notes.append(
            {
                "en": f"Ratings of {models} models are mixed: a change of model may look like a migration.",
                "zh": f"混合了 {models} 个模型的评级：更换模型可能表现为等级迁移。",
            }
        )
    return tuple(notes)


_WITHDRAWN: dict[str, Text] = {
    "drop": {
        "en": "Ratings withdrawn are taken to say nothing of quality: such parties are left out from then on.",
        "zh": "撤销评级视为与信用质量无关：相关主体自撤销起不再计入。",
    },
    "keep": {
        "en": "Not rated (NR) is a state of its own, never left.",
        "zh": "未评级（NR）作为单独的吸收状态。",
    },
}
