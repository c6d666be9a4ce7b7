"""What feature functions share: the facts as of a date, read once, and the network."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from graphcredit.features.registry import GROUPS, Columns
from graphcredit.model.asof import as_of_moment
from graphcredit.model.money import Rates
from graphcredit.network import Network
from graphcredit.store import AsOf, CreditStore

Floats = npt.NDArray[np.float64]
MONTH_DAYS = 30.4375


class Context:
    """Facts as of a moment for all parties of a network; arrays are aligned with `network.ids`, shape (n,)."""

    def __init__(
        self,
        store: CreditStore,
        as_of: AsOf,
        network: Network,
        currency: str,
        wanted: frozenset[str] | None = None,
    ) -> None:
        self.store, self.as_of, self.network, self.currency = store, as_of, network, currency
        self.wanted = wanted  # groups whose columns are asked for; None: all
        self.day: date = as_of_moment(as_of).date()
        self.n = network.n
        self.keys = pa.array(network.ids.tolist(), pa.string())
        self.shared: dict[str, Any] = {}  # results of one group that another builds on

    def read(self, table: str, columns: Sequence[str], **options: Any) -> pa.Table:
        """Facts of a table as of the moment, money as float64."""
        return self.store.read(table, as_of=self.as_of, columns=columns, floats=True, ordered=False, **options)

    @cached_property
    def rates(self) -> Rates:
        """Rates into the book's currency."""
        return Rates.from_table(self.currency, self.store.read("rates", as_of=self.as_of))

    def positions(self, column: pa.ChunkedArray | pa.Array) -> npt.NDArray[np.int64]:
        """Positions of party ids in the network; -1 for one that is not in it."""
        found = pc.fill_null(pc.index_in(column, value_set=self.keys), -1)
        return np.asarray(
            found.to_numpy(zero_copy_only=False) if isinstance(found, pa.Array) else found.to_numpy(), np.int64
        )

    def money(self, rows: pa.Table, column: str, day: str | None = None) -> Floats:
        """A money column in the book's currency; nulls are nan."""
        amounts = rows[column].to_numpy().astype(np.float64)
        return self.rates.convert_array(amounts, rows["currency"], rows[day].to_numpy() if day else None, self.day)

    def days_before(self, column: pa.ChunkedArray) -> Floats:
        """Days from each date to the day of the features; nan for nulls."""
        days = column.to_numpy().astype("datetime64[D]")
        gone = (np.datetime64(self.day) - days).astype("timedelta64[D]").astype(np.float64)
        gone[np.isnat(days)] = np.nan
        return np.asarray(gone)

    def total(self, positions: npt.NDArray[np.int64], values: Floats | None = None) -> Floats:
        """Sum of values per party; rows of unknown parties do not count."""
        keep = positions >= 0
        sums = np.bincount(positions[keep], None if values is None else values[keep], self.n).astype(np.float64)
        return np.round(sums, 4)  # amounts have four decimals: the order of rows then does not matter

    def per_party(self, frame: pd.DataFrame, column: str) -> Floats:
        """A column of a frame indexed by position, as an array with nan elsewhere."""
        values = np.full(self.n, np.nan)
        values[frame.index.to_numpy()] = frame[column].to_numpy(dtype=np.float64)
        return values

    def figures(self, group: str) -> Columns:
        """The features of a group, computed once."""
        computed: dict[str, Columns] = self.shared.setdefault("groups", {})
        if group not in computed:
            computed[group] = GROUPS[group].compute(self)
        return computed[group]

    def release(self, groups: Iterable[str]) -> None:
        """Give up the columns of groups that nobody asked for, once the last group that builds on them is done."""
        computed: dict[str, Columns] = self.shared.setdefault("groups", {})
        for group in groups:
            if self.wanted is not None and group not in self.wanted and group in computed:
                computed[group] = {}  # what it left in `shared` stays
