"""How the party pays, and what is known against it."""

import numpy as np
import pyarrow.compute as pc

from graphcredit.features.context import Context
from graphcredit.features.registry import Columns, describe, feature_group, share

_p = describe("payments", "tabular", ("payments", "transactions"), changeable=True)
_e = describe("events", "tabular", ("credit_events",))
EVENT_DAYS = 730
KINDS = ("late_payment", "court", "tax_arrears", "dishonest_list", "default")


@feature_group(
    "payments",
    "tabular",
    _p("days_late_mean", "days", "mean days late as payer", "平均逾期天数", sign=1),
    _p("days_late_max", "days", "most days late as payer", "最长逾期天数", sign=1),
    _p("late_share", "share", "share of payments late", "逾期付款占比", sign=1),
    _p("overdue_share", "share", "overdue and unpaid, of what fell due in 12 months", "到期未付占比", sign=1),
)
def payments(context: Context) -> Columns:
    """Lateness of payments against due dates of the invoices they settle."""
    invoices = context.read(
        "transactions", ["transaction_id", "buyer_id", "due_on", "amount", "tax", "currency", "status", "kind"]
    )
    keep = pc.and_(
        pc.is_valid(invoices["due_on"]),
        pc.and_(pc.equal(invoices["status"], "valid"), pc.equal(invoices["kind"], "invoice")),
    )
    invoices = invoices.filter(keep)
    paid = context.read("payments", ["payer_id", "paid_on", "transaction_id"])
    nothing = np.full(context.n, np.nan)
    if not paid.num_rows or not invoices.num_rows:
        return dict.fromkeys(("days_late_mean", "days_late_max", "late_share", "overdue_share"), nothing)
    link = pc.fill_null(pc.index_in(paid["transaction_id"], value_set=invoices["transaction_id"].combine_chunks()), -1)
    link = link.to_numpy().astype(np.int64)
    known = link >= 0
    due = invoices["due_on"].to_numpy().astype("datetime64[D]")
    late = np.full(len(link), np.nan)
    late[known] = (paid["paid_on"].to_numpy().astype("datetime64[D]")[known] - due[link[known]]).astype(np.float64)
    payer = np.where(known, context.positions(paid["payer_id"]), -1)
    count = context.total(payer)
    worst = np.full(context.n, -np.inf)
    np.maximum.at(worst, payer[payer >= 0], late[payer >= 0])
    age = (np.datetime64(context.day) - due).astype("timedelta64[D]").astype(np.float64)
    gross = context.money(invoices, "amount") + np.nan_to_num(context.money(invoices, "tax"))
    fell_due = (age > 0) & (age < 365) & (gross > 0)
    settled = np.zeros(len(age), dtype=bool)
    settled[link[known]] = True
    buyer = context.positions(invoices["buyer_id"])
    owed = context.total(np.where(fell_due, buyer, -1), gross)
    open_still = context.total(np.where(fell_due & ~settled, buyer, -1), gross)
    return {
        "days_late_mean": share(context.total(payer, np.nan_to_num(late)), count),
        "days_late_max": np.where(np.isfinite(worst), worst, np.nan),
        "late_share": share(context.total(payer, (late > 0).astype(float)), count),
        "overdue_share": np.where(count > 0, share(open_still, owed), np.nan),
    }


@feature_group(
    "events",
    "tabular",
    *(_e(f"events_{kind}", "count", f"{kind.replace('_', ' ')} events in two years", f"两年内{zh}次数", sign=1)
      for kind, zh in zip(KINDS, ("逾期", "涉诉", "欠税", "失信", "违约"), strict=True)),
    _e("events_all", "count", "credit events in two years", "两年内信用事件次数", sign=1),
    _e("event_recency", "days", "days since the last credit event", "距最近信用事件天数", sign=-1),
)  # fmt: skip
def events(context: Context) -> Columns:
    """Counts by kind and recency; a party without events has zero of them."""
    rows = context.read("credit_events", ["party_id", "kind", "occurred_on"])
    position, age = context.positions(rows["party_id"]), context.days_before(rows["occurred_on"])
    bad = pc.invert(pc.equal(rows["kind"], "cured")).to_numpy().astype(bool)
    recent = bad & (age <= EVENT_DAYS)
    made = {"events_all": context.total(np.where(recent, position, -1))}
    for kind in KINDS:
        chosen = recent & pc.equal(rows["kind"], kind).to_numpy().astype(bool)
        made[f"events_{kind}"] = context.total(np.where(chosen, position, -1))
    last = np.full(context.n, np.inf)
    ours = bad & (position >= 0)
    np.minimum.at(last, position[ours], age[ours])
    made["event_recency"] = np.where(np.isfinite(last), last, np.nan)
    context.shared["in_default"] = known_defaults(context)
    return made


def known_defaults(context: Context) -> np.ndarray:
    """1.0 for parties with a default or dishonest-list event that was not cured since, as of the day, (n,)."""
    rows = context.read("credit_events", ["party_id", "kind", "occurred_on"])
    position, age = context.positions(rows["party_id"]), context.days_before(rows["occurred_on"])
    kinds = np.asarray(rows["kind"].to_pylist(), dtype=object)
    latest = {}
    for name, chosen in (("bad", np.isin(kinds, ["default", "dishonest_list"])), ("cured", kinds == "cured")):
        days = np.full(context.n, np.inf)
        ours = chosen & (position >= 0)
        np.minimum.at(days, position[ours], age[ours])
        latest[name] = days
    return ((latest["bad"] < latest["cured"]) & np.isfinite(latest["bad"])).astype(np.float64)
