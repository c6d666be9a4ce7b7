"""Alerts about sales that fall away: the last window against the one before it."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphcredit.decisions.amounts import Units, amount_text, from_units, percent, sum_by
from graphcredit.decisions.documents import book_units, position_of
from graphcredit.decisions.headroom import HeadroomBook
from graphcredit.decisions.texts import figure
from graphcredit.monitor.alert import Alert
from graphcredit.monitor.days import Days

COLUMNS = ["seller_id", "issued_on", "amount", "currency", "status", "kind"]
KINDS = pa.array(["invoice", "credit_note"])
Windows = tuple[Units, Units, npt.NDArray[np.int64]]


def _windows(days: Days, book: HeadroomBook) -> Windows:
    """Units sold in the last window and in the one before it, and invoices in that, each (n,)."""
    day: date = book.book.day
    length = timedelta(days=days.rules.window_days)
    rows = days.store.read(
        "transactions", as_of=day, columns=COLUMNS, since=day - 2 * length + timedelta(days=1), ordered=False
    )
    valid = pc.and_(pc.equal(rows["status"], "valid"), pc.is_in(rows["kind"], value_set=KINDS))
    rows = rows.filter(pc.and_(pc.fill_null(valid, False), pc.less_equal(rows["issued_on"], day)))
    seller = position_of(rows["seller_id"], pa.array(book.book.ids.tolist(), pa.string()))
    units = book_units(rows, "amount", "issued_on", book.book.rates, day)
    returned = np.asarray(pc.equal(rows["kind"], "credit_note").to_numpy(zero_copy_only=False), dtype=bool)
    units = np.where(returned, -np.abs(units), units)
    recent = np.asarray(pc.greater(rows["issued_on"], day - length).to_numpy(zero_copy_only=False), dtype=bool)
    n = book.book.n
    earlier = seller[~recent]
    count = np.bincount(earlier[earlier >= 0], minlength=n).astype(np.int64)
    return sum_by(seller[recent], units[recent], n), sum_by(earlier, units[~recent], n), count


def transaction_drop(days: Days) -> Iterator[Alert]:
    """Parties whose sales fell by at least the given share from one window to the next, and had not before."""
    now = _windows(days, days.after)
    sold, sold_before, count = _windows(days, days.before)
    then = (days.then(sold), days.then(sold_before), days.then(count))
    keep, least = float(1 - days.rules.drop), days.rules.min_invoices

    def fell(windows: Windows) -> npt.NDArray[np.bool_]:
        recent, earlier, count = windows
        return np.asarray((earlier > 0) & (count >= least) & (recent <= keep * earlier))

    for position in np.flatnonzero(fell(now) & ~fell(then)).tolist():
        party = str(days.after.book.ids[position])
        if not days.follows(party):
            continue
        recent, earlier = from_units(now[0][position]), from_units(now[1][position])
        share = Decimal(1) - recent / earlier
        sums = amount_text(recent), amount_text(earlier)
        span = days.rules.window_days
        yield days.alert(
            "transaction_drop",
            "warning",
            party,
            f"sales of {party} fell by {percent(share)}: {sums[0]} in {span} days, {sums[1]} in the {span} before",
            f"{party} 销售额下降 {percent(share)}：近 {span} 天 {sums[0]}，此前 {span} 天 {sums[1]}",
            figure("sales", recent, "transactions"),
            figure("sales_before", earlier, "transactions"),
            figure("threshold", days.rules.drop, days.rules.source),
        )
