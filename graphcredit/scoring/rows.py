"""A feature matrix made ready for one model: what explaining one party after another needs, looked up once for all."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcredit.exc import NotFoundError
from graphcredit.scoring.kernels import Codes
from graphcredit.scoring.matrix import MatrixLike
from graphcredit.scoring.peers import industries_of

if TYPE_CHECKING:
    from graphcredit.scoring.model import CreditModel
    from graphcredit.scoring.preprocess import Column


class Rows:
    """All rows of a matrix as a model reads them.

    Args:
        matrix: features of parties.
        model: says which columns it reads, and how they become codes.

    Raises:
        InputError: the matrix lacks a feature; ValueRangeError: a value is infinite.
    """

    def __init__(self, matrix: MatrixLike, model: "CreditModel") -> None:
        self.features, self.as_of = matrix.features, matrix.as_of
        self.network: Any = getattr(matrix, "network", None)
        self.store_version = int(getattr(matrix, "store_version", 0) or 0)
        self.frame: pd.DataFrame = model.columns(matrix)
        self.codes: Codes = model.chosen.estimator.preparation_.transform(self.frame)
        self.industries: npt.NDArray[np.object_] = industries_of(self)
        self.described = {feature.name: feature for feature in matrix.features}
        self._columns: dict[str, tuple[Any, Any]] = {}

    def row(self, party_id: str) -> "Row":
        """One party's row.

        Raises:
            NotFoundError: the party is not in the matrix.
        """
        index = self.frame.index
        if party_id not in index:
            raise NotFoundError(
                f"party {party_id!r} has no features", remedy="check the id and the as-of date", party_id=party_id
            )
        found = index.get_loc(party_id)
        return Row(self, party_id, found if isinstance(found, int) else int(np.argmax(np.asarray(found))))

    def value(self, name: str, at: int) -> float | str | None:
        """Raw value of a feature in a row; None where missing."""
        if name not in self._columns:
            column = self.frame[name]
            levels = isinstance(column.dtype, pd.CategoricalDtype)
            self._columns[name] = (
                (column.cat.codes.to_numpy(), column.cat.categories) if levels else (column.to_numpy(), None)
            )
        values, levels = self._columns[name]
        value: Any = values[at]
        if levels is not None:
            value = None if value < 0 else levels[value]
        if pd.isna(value):
            return None
        return float(value) if isinstance(value, int | float | np.number) else str(value)


class Row:
    """One party's row; for the overlay it is a matrix of one row."""

    def __init__(self, rows: Rows, party_id: str, at: int) -> None:
        self.rows, self.party_id, self.at = rows, party_id, at
        self.features, self.as_of, self.network = rows.features, rows.as_of, rows.network
        self.codes: Codes = rows.codes[at : at + 1]
        self.industries = rows.industries[at : at + 1]
        self.industry = str(self.industries[0])

    @property
    def frame(self) -> pd.DataFrame:
        """The row as a frame."""
        return self.rows.frame.iloc[self.at : self.at + 1]

    def value(self, name: str) -> float | str | None:
        """Raw value of a feature; None where missing."""
        return self.rows.value(name, self.at)

    def number(self, name: str) -> float:
        """Value of a feature that is a number; nan where missing."""
        value = self.value(name)
        try:
            return float("nan") if value is None else float(value)
        except ValueError:
            return float("nan")

    def unseen(self, columns: "list[Column]") -> dict[str, str]:
        """Levels that training never saw: feature -> level."""
        found = {}
        for column in columns:
            if column.levels is not None and column.name in self.rows.frame.columns:
                value = self.value(column.name)
                if value is not None and str(value) not in column.levels:
                    found[column.name] = str(value)
        return found
