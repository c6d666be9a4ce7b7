"""The party's own invoices, as seller and as buyer: level, growth, regularity, voids and returns."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphcredit.features.context import MONTH_DAYS, Context, Floats
from graphcredit.features.registry import Columns, describe, feature_group, share

MONTHS = 36
_f = describe("trade", "tabular", ("transactions",))


def _role(role: str, en: str, zh: str) -> tuple:  # type: ignore[type-arg]
    return (
        _f(f"{role}_12m", "log(1 + CNY)", f"{en} of the last 12 months", f"近12个月{zh}额", sign=-1, changeable=True),
        _f(f"{role}_all", "log(1 + CNY)", f"{en} of the last 36 months", f"近36个月{zh}额", sign=-1),
        _f(f"{role}_count", "log(1 + count)", f"invoices ({en})", f"{zh}发票数", sign=-1),
        _f(f"{role}_mean_invoice", "log(1 + CNY)", f"mean invoice ({en})", f"{zh}单票均额"),
        _f(
            f"{role}_growth",
            "log ratio",
            f"growth of {en}, half-year on half-year",
            f"{zh}额半年环比",
            sign=-1,
            changeable=True,
        ),
        _f(f"{role}_volatility", "ratio", f"variation of monthly {en}", f"月{zh}额波动", sign=1, changeable=True),
        _f(f"{role}_seasonality", "share", f"share of the best month in {en}", f"{zh}旺月占比"),
        _f(f"{role}_months_active", "share", f"share of months with {en}", f"有{zh}月份占比", sign=-1, changeable=True),
        _f(f"{role}_recency", "days", f"days since the last {en}", f"距最近{zh}天数", sign=1, changeable=True),
        _f(
            f"{role}_void_rate", "share", f"share of void invoices ({en})", f"{zh}作废发票占比", sign=1, changeable=True
        ),
        _f(f"{role}_return_rate", "share", f"returns against {en}", f"{zh}退货率", sign=1, changeable=True),
        _f(f"{role}_tax_rate", "share", f"tax against {en}", f"{zh}税率"),
    )


@feature_group(
    "trade",
    "tabular",
    *_role("sales", "sales", "销售"),
    *_role("purchases", "purchases", "采购"),
    _f("gross_margin_proxy", "share", "(sales - purchases) / sales, 12 months", "购销差率", sign=-1),
    _f("history_months", "months", "months since the first invoice", "交易历史月数", sign=-1),
)
def trade(context: Context) -> Columns:
    """Statistics of invoices per role; orders and deliveries do not count."""
    wanted = ["seller_id", "buyer_id", "issued_on", "amount", "tax", "currency", "status", "kind"]
    rows = context.read("transactions", wanted)
    rows = rows.filter(pc.is_in(rows["kind"], value_set=pa.array(["invoice", "credit_note"])))
    amount = np.nan_to_num(context.money(rows, "amount", "issued_on"))
    tax = np.nan_to_num(context.money(rows, "tax", "issued_on"))
    credit = pc.equal(rows["kind"], "credit_note").to_numpy().astype(bool)
    amount = np.where(credit, -np.abs(amount), amount)
    valid = pc.equal(rows["status"], "valid").to_numpy().astype(bool)
    age = np.maximum(context.days_before(rows["issued_on"]), 0.0)
    made: dict[str, Floats] = {}
    levels = {}
    first = np.full(context.n, np.nan)
    for role, end in (("sales", "seller_id"), ("purchases", "buyer_id")):
        position = context.positions(rows[end])
        made |= {
            f"{role}_{name}": values for name, values in _statistics(context, position, amount, tax, valid, age).items()
        }
        levels[role] = context.total(np.where(valid & (age < 365.25), position, -1), amount)
        oldest = np.zeros(context.n)
        np.maximum.at(oldest, position[position >= 0], age[position >= 0])
        first = np.fmax(first, np.where(oldest > 0, oldest, np.nan))
    context.shared["turnover"] = np.maximum(np.maximum(levels["sales"], levels["purchases"]), 0.0)
    made["gross_margin_proxy"] = np.clip(share(levels["sales"] - levels["purchases"], levels["sales"]), -3, 3)
    made["history_months"] = first / MONTH_DAYS
    return made


def _statistics(
    context: Context, position: np.ndarray, amount: Floats, tax: Floats, valid: np.ndarray, age: Floats
) -> dict[str, Floats]:
    """One role's statistics, each of shape (n,), nan for parties without invoices in it."""
    n = context.n
    recent = age < MONTHS * MONTH_DAYS
    sold = valid & (amount > 0) & recent
    count = context.total(np.where(sold, position, -1))
    total = context.total(np.where(sold, position, -1), amount)
    back = context.total(np.where(valid & (amount < 0) & recent, position, -1), -amount)
    month = np.minimum((age / MONTH_DAYS).astype(np.int64), MONTHS - 1)
    cell = np.where(valid & recent & (position >= 0), position * MONTHS + month, -1)
    grid = np.bincount(cell[cell >= 0], amount[cell >= 0], n * MONTHS).reshape(n, MONTHS).round(4)
    year = grid[:, :12]
    half, before = year[:, :6].sum(axis=1), year[:, 6:].sum(axis=1)
    mean = year.mean(axis=1)
    last = np.full(n, np.inf)
    np.minimum.at(last, position[sold & (position >= 0)], age[sold & (position >= 0)])
    issued = context.total(np.where(recent, position, -1))
    void = context.total(np.where(recent & ~valid, position, -1))
    some = count > 0
    best = np.maximum(grid, 0).max(axis=1)
    scale = np.maximum((half + before) * 0.05, 1.0)
    statistics = {
        "12m": np.log1p(np.maximum(year.sum(axis=1), 0)),
        "all": np.log1p(total),
        "count": np.log1p(count),
        "mean_invoice": np.log1p(share(total, count)),
        "growth": np.log((np.maximum(half, 0) + scale) / (np.maximum(before, 0) + scale)),
        "volatility": np.minimum(share(year.std(axis=1), np.maximum(mean, 0)), 4.0),
        "seasonality": share(best, np.maximum(grid, 0).sum(axis=1)),
        "months_active": (grid[:, :24] > 0).mean(axis=1),
        "recency": np.where(np.isfinite(last), last, np.nan),
        "void_rate": share(void, issued),
        "return_rate": np.minimum(share(back, total), 2.0),
        "tax_rate": np.clip(share(context.total(np.where(sold, position, -1), tax), total), -1, 1),
    }
    return {name: np.where(some, values, np.nan) for name, values in statistics.items()}
