"""What payments leave open of invoices: oldest first within a pair, and in the currency that an invoice is owed in.

A payment in the invoice's own currency pays it in that currency: one of 100 USD settles an invoice of 100 USD whatever the
two days' rates into the book were. What a pair paid in a currency beyond what it owed in it pays its other invoices, oldest
due first, at the day's rate.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphcredit.decisions.amounts import Units, from_units, to_units, units_of
from graphcredit.model.money import Rates

Positions = npt.NDArray[np.int64]
HALF_A_CENT = 50
"""In units; what is less after a payment in another currency comes of rounding."""


@dataclass(frozen=True)
class Ledger:
    """Valid documents, (m,): gross amounts in units, `gross` in the book's currency and `own` in the document's.

    `currency` = position in `currencies`, whose first is the book's.
    """

    n: int
    ids: pa.ChunkedArray
    seller: Positions
    buyer: Positions
    gross: Units
    due: npt.NDArray[np.datetime64]
    issued: npt.NDArray[np.datetime64]
    own: Units
    currency: npt.NDArray[np.int16]
    currencies: tuple[str, ...]

    @property
    def pair(self) -> Positions:
        """Seller and buyer as one number, (m,)."""
        return self.seller * self.n + self.buyer


@dataclass(frozen=True)
class Paid:
    """Payments, (k,): `amount` in the book's units; `link` = position among the invoices asked about, -1 without one.

    `loose` marks those of a pair without a link, `pool_pair` are the pairs of these and of the ledger's rows `returns`.
    """

    rows: pa.Table
    amount: Units
    link: Positions
    loose: npt.NDArray[np.bool_]
    pool_pair: Positions
    returns: Positions


def currencies_of(column: pa.ChunkedArray, book: str) -> tuple[tuple[str, ...], npt.NDArray[np.int16]]:
    """The currencies that occur, the book's first, and each row's position among them, (m,); null is the book's."""
    names = (book, *sorted(name for name in pc.unique(column).to_pylist() if name not in (None, book)))
    if len(names) == 1:
        return names, np.zeros(len(column), dtype=np.int16)
    place = pc.fill_null(pc.index_in(column, value_set=pa.array(names, column.type)), 0)
    return names, np.asarray(place.to_numpy(), dtype=np.int16)


def settle_in_own_currency(
    ledger: Ledger, rows: Positions, order: npt.NDArray[np.datetime64], paid: Paid, rates: Rates, day: date
) -> tuple[Units, Units]:
    """What is open of the invoices `rows`, oldest `order` first: in the book's currency, and in each one's own."""
    own, code, pair = ledger.own[rows].copy(), ledger.currency[rows], ledger.pair[rows]
    names = ledger.currencies
    known = np.asarray(names, dtype=object)
    target, given = known[code], to_units(paid.rows["amount"])
    used, which = currencies_of(paid.rows["currency"], rates.book)
    currency, linked = np.asarray(used, dtype=object)[which], np.flatnonzero(paid.link >= 0)
    same = linked[currency[linked] == target[paid.link[linked]]]
    np.subtract.at(own, paid.link[same], given[same])
    for k in np.setdiff1d(linked, same).tolist():
        on = paid.rows["paid_on"][k].as_py()
        own[paid.link[k]] -= _into(target[paid.link[k]], paid.amount[k], rates, on)
    own = np.where((code > 0) & (own < HALF_A_CENT), 0, np.maximum(own, 0))
    returned = known[ledger.currency[paid.returns]]
    pool_currency = np.concatenate([currency[paid.loose], returned])
    pool = np.concatenate([given[paid.loose], -ledger.own[paid.returns]])
    over_pair, over = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for name in sorted({str(each) for each in pool_currency}):
        mine, here = pool_currency == name, np.flatnonzero(target == name)
        before = own[here]
        own[here] = first_in_first_out(pair[here], order[here], before, paid.pool_pair[mine], pool[mine])
        pairs, rest = _rest(paid.pool_pair[mine], pool[mine], pair[here], before - own[here])
        if name != rates.book:
            owing = np.isin(pairs, pair)
            pairs, rest = pairs[owing], rest[owing]
            rest = np.array([units_of(rates.convert(from_units(each), name, day)) for each in rest.tolist()], np.int64)
        over_pair.append(pairs)
        over.append(rest)
    issued = ledger.issued[rows]
    book = np.where(code == 0, own, ledger.gross[rows])
    for k in np.flatnonzero((code > 0) & (own != ledger.own[rows])).tolist():
        book[k] = units_of(rates.convert(from_units(own[k]), target[k], issued[k].item()))
    left = first_in_first_out(pair, order, book, np.concatenate(over_pair), np.concatenate(over))
    own = np.where((code == 0) | (left == 0), left, own)
    for k in np.flatnonzero((code > 0) & (left > 0) & (left != book)).tolist():
        own[k] = _into(target[k], left[k], rates, issued[k].item())
    paid_up = (code > 0) & (own < HALF_A_CENT)
    return np.where(paid_up, 0, left), np.where(paid_up, 0, own)


def _rest(pool_pair: Positions, pool: Units, pair: Positions, used: Units) -> tuple[Positions, Units]:
    """Pairs whose pool is not used up, and what is left of it."""
    pairs, inverse = np.unique(np.concatenate([pool_pair, pair]), return_inverse=True)
    left = np.zeros(len(pairs), dtype=np.int64)
    np.add.at(left, inverse, np.concatenate([pool, -used]))
    return pairs[left > 0], left[left > 0]


def _into(currency: str, worth: np.int64, rates: Rates, on: date) -> int:
    """Units of the book's currency as units of another one at a day's rate."""
    return units_of(from_units(worth) / Decimal(repr(rates.rate(currency, on))))


def first_in_first_out(
    pair: Positions, order: npt.NDArray[np.datetime64], left: Units, pool_pair: Positions, pool: Units
) -> Units:
    """What is left of each amount when each pair's pool pays its oldest first."""
    if not len(pair) or not len(pool):
        return left
    pairs, inverse = np.unique(pair, return_inverse=True)
    at = np.searchsorted(pairs, pool_pair)
    hit = (at < len(pairs)) & (pairs[np.minimum(at, len(pairs) - 1)] == pool_pair)
    total = np.zeros(len(pairs), dtype=np.int64)
    np.add.at(total, at[hit], pool[hit])
    by = np.lexsort((order, inverse))
    running = np.cumsum(left[by])
    starts = np.searchsorted(inverse[by], np.arange(len(pairs)))
    before = np.concatenate([[0], running])[starts]
    within = running - before[inverse[by]]
    rest = np.minimum(left[by], np.maximum(within - np.maximum(total, 0)[inverse[by]], 0))
    result = np.empty_like(left)
    result[by] = rest
    return result
