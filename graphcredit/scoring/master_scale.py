"""Master scale: grades AAA to D by bounds of PD."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcredit.exc import PolicyError
from graphcredit.scoring.kernels import Floats

LOWEST_PD, HIGHEST_PD = 1e-4, 0.995


@dataclass(frozen=True)
class MasterScale:
    """Grades from best to worst; grade g holds PDs in [bound of the grade before, its own bound).

    Attributes:
        grades: names, best first, length k.
        bounds: upper PD bound of each, ascending, the last is 1.

    Raises:
        PolicyError: names repeat, or bounds are not ascending from above 0 to 1.
    """

    grades: tuple[str, ...]
    bounds: tuple[float, ...]

    def __post_init__(self) -> None:
        ascending = all(a < b for a, b in zip(self.bounds[:-1], self.bounds[1:], strict=True))
        if len(self.grades) != len(self.bounds) or len(set(self.grades)) != len(self.grades) or len(self.grades) < 2:
            raise PolicyError(
                "the master scale needs one PD bound per grade, each grade once", remedy="see `policy show`"
            )
        if not ascending or self.bounds[0] <= 0 or abs(self.bounds[-1] - 1) > 1e-12:
            raise PolicyError(
                f"PD bounds of the master scale leave a gap or overlap: {list(self.bounds)}",
                remedy="upper bounds ascend, the first is above 0, the last is 1",
            )

    @classmethod
    def from_policy(cls, policy: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> "MasterScale":
        """A scale from a policy's `master_scale`: grade -> upper PD, or a list of {grade, pd_to} (or `max_pd`).

        Raises:
            PolicyError: the bounds do not make a scale.
        """
        rows: Any = policy
        if isinstance(policy, Mapping):
            rows = policy.get("master_scale", policy)
        if isinstance(rows, Mapping):
            rows = rows.get("grades", rows)
        if isinstance(rows, Mapping):
            pairs = [(str(grade), upper) for grade, upper in rows.items()]
        else:
            pairs = [
                (str(row["grade"]), next((row[key] for key in ("pd_to", "max_pd", "upper", "pd_max") if key in row), 1))
                for row in rows
            ]
        try:
            return cls(tuple(grade for grade, _ in pairs), tuple(float(upper) for _, upper in pairs))
        except (TypeError, ValueError):
            raise PolicyError(
                "a PD bound of the master scale is not a number", remedy="write 0.01 for one percent"
            ) from None

    def index(self, pd: npt.ArrayLike) -> npt.NDArray[np.int8]:
        """Position of the grade for each PD, 0 = best."""
        return np.searchsorted(np.asarray(self.bounds[:-1]), np.asarray(pd, np.float64), side="right").astype(np.int8)

    def grade(self, pd: float) -> str:
        """The grade of one PD."""
        return self.grades[bisect_right(self.bounds, pd, hi=len(self.bounds) - 1)]

    def assign(self, pds: npt.ArrayLike) -> Any:
        """Grades of many PDs as a `pandas.Categorical`, ordered from best to worst."""
        return pd.Categorical.from_codes(self.index(pds), pd.Index(self.grades), ordered=True)

    def midpoint(self, grade: str) -> float:
        """A PD for a grade: the geometric middle of its bounds."""
        i = self.grades.index(grade)
        low = self.bounds[i - 1] if i else LOWEST_PD
        return float(np.sqrt(low * min(self.bounds[i], HIGHEST_PD)))

    def notch(self, pd: npt.ArrayLike, notches: npt.ArrayLike) -> Floats:
        """PDs moved along the scale, + worse, - better; one notch is one grade, log-linear inside a grade."""
        given = np.asarray(pd, dtype=np.float64)
        moved = np.asarray(notches, dtype=np.float64)
        if not moved.any():
            return given.copy()
        marks = np.log([LOWEST_PD, *self.bounds[:-1], HIGHEST_PD])
        steps = np.arange(len(marks), dtype=np.float64)
        at = np.interp(np.log(np.clip(given, LOWEST_PD, HIGHEST_PD)), marks, steps)
        return np.where(moved == 0, given, np.exp(np.interp(at + moved, steps, marks)))

    def table(self) -> list[dict[str, Any]]:
        """Grades with their bounds, JSON-able."""
        lows = (0.0, *self.bounds[:-1])
        return [
            {"grade": grade, "pd_from": low, "pd_to": high}
            for grade, low, high in zip(self.grades, lows, self.bounds, strict=True)
        ]


DEFAULT_SCALE = MasterScale(
    ("AAA", "AA", "A", "BBB", "BB", "B", "CCC", "CC", "C", "D"),
    (0.0003, 0.001, 0.003, 0.01, 0.03, 0.08, 0.18, 0.35, 0.75, 1.0),
)
"""House choice: about three times the PD per grade, near the long-run yearly rates that agencies publish for the letters;
D is default, or as good as default."""
