"""How the party pays, and what is known against it."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphcredit.features.context import Context
from graphcredit.features.registry import Columns, Feature, describe, feature_group, share

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
    _e("event_amount", "log(1 + CNY)", "amount of credit events in two years", "两年内信用事件金额", sign=1),
    _e("events_ever", "log(1 + count)", "credit events ever", "历史信用事件次数", sign=1),
    _e("event_recency", "days", "days since the last credit event", "距最近信用事件天数", sign=-1),
)  # fmt: skip
def events(context: Context) -> Columns:
    """Counts by kind and recency; a party without events has zero of them."""
    rows = context.read("credit_events", ["party_id", "kind", "occurred_on", "amount"])
    position, age = context.positions(rows["party_id"]), context.days_before(rows["occurred_on"])
    bad = pc.invert(pc.equal(rows["kind"], "cured")).to_numpy().astype(bool)
    recent = bad & (age <= EVENT_DAYS)
    amount = np.nan_to_num(rows["amount"].to_numpy().astype(np.float64))
    made = {
        "events_all": context.total(np.where(recent, position, -1)),
        "event_amount": np.log1p(np.maximum(context.total(np.where(recent, position, -1), amount), 0)),
        "events_ever": np.log1p(context.total(np.where(bad, position, -1))),
    }
    for kind in KINDS:
        chosen = recent & pc.equal(rows["kind"], kind).to_numpy().astype(bool)
        made[f"events_{kind}"] = context.total(np.where(chosen, position, -1))
    last = np.full(context.n, np.inf)
    ours = bad & (position >= 0)
    np.minimum.at(last, position[ours], age[ours])
    made["event_recency"] = np.where(np.isfinite(last), last, np.nan)
    return made


MOST_EVENT_KINDS = 20


@feature_group("other_events", "tabular", dynamic=True)
def other_events(context: Context) -> Columns:
    """Counts of kinds of event that the tables do not name, the 20 most frequent by the day."""
    rows = context.read("credit_events", ["party_id", "kind", "occurred_on"])
    kinds = np.asarray(rows["kind"].to_pylist(), dtype=object).astype(str)
    names, count = np.unique(kinds, return_counts=True)
    wanted = [(-int(c), str(k)) for k, c in zip(names, count, strict=True) if k not in {*KINDS, "cured"}]
    recent = context.days_before(rows["occurred_on"]) <= EVENT_DAYS
    position = context.positions(rows["party_id"])
    made: dict[str, np.ndarray] = {}
    described = []
    for _, kind in sorted(wanted)[:MOST_EVENT_KINDS]:
        key = f"events_{kind}" if kind not in ("all", "ever") else f"events_kind_{kind}"
        made[key] = context.total(np.where(recent & (kinds == kind), position, -1))
        en, zh = f"{kind.replace('_', ' ')} events in two years", f"两年内{kind}次数"
        described.append(Feature(key, "tabular", "events", "count", ("credit_events",), en, zh))
    context.shared["other_events"] = described
    return made


def known_defaults(context: Context) -> np.ndarray:
    """1.0 for parties with a default or dishonest-list event that was not cured since, as of the day, (n,)."""
    return np.asarray(~np.isnat(default_dates(context)), dtype=np.float64)


def default_dates(context: Context) -> np.ndarray:
    """Since when each party is in default (first event after the last cure), NaT where it is not, datetime64[D], (n,)."""
    if "default_since" not in context.shared:
        rows = context.read("credit_events", ["party_id", "kind", "occurred_on"])
        position = context.positions(rows["party_id"])
        days = rows["occurred_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
        bad, cured = (
            pc.is_in(rows["kind"], value_set=pa.array(kinds)).to_numpy().astype(bool) & (position >= 0)
            for kinds in (["default", "dishonest_list"], ["cured"])
        )
        healed = np.full(context.n, np.iinfo(np.int64).min)
        np.maximum.at(healed, position[cured], days[cured])
        since = np.full(context.n, np.iinfo(np.int64).max)
        still = bad & (days > healed[np.maximum(position, 0)])
        np.minimum.at(since, position[still], days[still])
        never = since == np.iinfo(np.int64).max
        context.shared["default_since"] = np.where(
            never, np.datetime64("NaT"), np.where(never, 0, since).astype("datetime64[D]")
        )
    found: np.ndarray = context.shared["default_since"]
    return found
