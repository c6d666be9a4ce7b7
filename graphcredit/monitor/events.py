"""Alerts about what happened: overdue items, credit events, and what they mean for those tied to who failed."""

from collections.abc import Iterator
from decimal import Decimal

import numpy as np

from graphcredit.decisions.amounts import amount_text, cents, from_units, percent
from graphcredit.decisions.texts import Figure, figure
from graphcredit.monitor.alert import FAILED, Alert
from graphcredit.monitor.days import Days
from graphcredit.network import GUARANTEE, LENDING, RECEIVABLE, TRADE


def new_overdue(days: Days) -> Iterator[Alert]:
    """Overdue items that have reached the policy's amount, or that block now and did not before."""
    rule, after = days.after.policy.blocking, days.after.book
    least = rule.overdue_amount.value
    units, oldest = after.overdue
    units_then, oldest_then = (days.then(values) for values in days.before.book.overdue)
    for position in np.flatnonzero(units > 0).tolist():
        party = str(after.ids[position])
        if not days.follows(party):
            continue
        amount, amount_then = from_units(units[position]), from_units(units_then[position])
        age, age_then = int(oldest[position]), int(oldest_then[position])

        def blocks(owed: Decimal, age: int) -> bool:
            enough = owed >= least and age >= rule.overdue_days.value
            return enough or (owed > 0 and age >= rule.overdue_days_any_amount.value)

        critical = blocks(amount, age) and not blocks(amount_then, age_then)
        if not critical and not (amount >= least > amount_then):
            continue
        yield days.alert(
            "new_overdue",
            "critical" if critical else "warning",
            party,
            f"{party} is overdue with {amount_text(amount)}, the oldest for {age} days"
            f"{' (new credit stops)' if critical else ''}",
            f"{party} 逾期 {amount_text(amount)}，最长 {age} 天{'（暂停新增授信）' if critical else ''}",
            figure("overdue", amount, "transactions, payments"),
            figure("overdue_before", amount_then, "transactions, payments"),
            figure("overdue_days", age, "transactions, payments"),
            figure("overdue_amount", least, f"policy {days.after.policy.label} blocking"),
        )


def credit_events(days: Days) -> Iterator[Alert]:
    """Credit events that the policy counts, known now and not on the earlier day."""
    counts = {event.kind for event in days.after.policy.blocking.events}
    after, before = days.after.book, days.before.book
    for position, events in sorted(after.events.items()):
        party = str(after.ids[position])
        then = before.index.get(party)
        known = {event.event_id for event in (before.events.get(then, ()) if then is not None else ())}
        for event in events:
            if event.event_id in known or event.kind not in counts or not days.follows(party):
                continue
            yield days.alert(
                "credit_event",
                "critical",
                party,
                f"{party}: {event.kind} on {event.on}",
                f"{party}：{event.on} 发生 {event.kind}",
                figure(event.kind, event.on, f"credit_events/{event.event_id}"),
                related=[f"credit_events/{event.event_id}"],
            )


def failed_since(days: Days) -> dict[str, str]:
    """Parties that have failed between the days, with the fact that says so."""
    after, before = days.after.book, days.before.book
    statuses = set(days.after.policy.blocking.statuses)
    found: dict[str, str] = {}
    for position, events in after.events.items():
        party = str(after.ids[position])
        then = before.index.get(party)
        known = {event.event_id for event in (before.events.get(then, ()) if then is not None else ())}
        for event in events:
            if event.kind in FAILED and event.event_id not in known:
                found.setdefault(party, f"credit_events/{event.event_id}")
    status_then = days.then(before.status, "")
    for position in range(after.n):
        if str(after.status[position]).lower() in statuses and str(status_then[position]).lower() not in statuses:
            found.setdefault(str(after.ids[position]), f"parties/{after.ids[position]}/status")
    return found


def neighbours_of_failed(days: Days) -> Iterator[Alert]:
    """Who is tied to a party that has failed: guarantors are called, sellers and lenders have claims, partners trade less."""
    network = days.after.network
    for failed, source in sorted(failed_since(days).items()):
        spot = network.index.get(failed)
        if spot is None:
            continue
        for position, tie in sorted(_ties(days, spot).items()):
            party = str(network.ids[position])
            if not days.follows(party) or network.attributes["kind"][position] != "company":
                continue
            words, words_zh, figures = zip(*tie, strict=True)
            yield days.alert(
                "neighbour_in_default",
                "warning",
                party,
                f"{failed}, which has failed, {' and '.join(words)} {party}",
                f"与 {party} 有往来的 {failed} 已违约：{'；'.join(words_zh)}",
                *figures,
                figure("failed", failed, source),
                path=(failed, party),
                related=(failed,),
            )
        given = network.layer(GUARANTEE).transposed
        row = slice(given.indptr[spot], given.indptr[spot + 1])
        for position, amount in zip(given.indices[row].tolist(), given.data[row].tolist(), strict=True):
            party = str(network.ids[position])
            if days.follows(party):
                yield _called(days, party, failed, _money(amount), source)


def _called(days: Days, party: str, failed: str, amount: Decimal, source: str) -> Alert:
    return days.alert(
        "guarantee_called",
        "critical",
        party,
        f"{party} guarantees {amount_text(amount)} for {failed}, which has failed: the guarantee may be called",
        f"{party} 为已违约的 {failed} 担保 {amount_text(amount)}，可能须代偿",
        figure("guaranteed", amount, "guarantees"),
        figure("failed", failed, source),
        path=(failed, party),
        related=(failed,),
    )


def _money(amount: float) -> Decimal:
    return cents(Decimal(repr(amount)))


Tie = tuple[str, str, Figure]


def _ties(days: Days, failed: int) -> dict[int, list[Tie]]:
    """By position: what ties it to the failed party, in words, with its figure."""
    network, found = days.after.network, dict[int, list[Tie]]()
    for name, en, zh in ((RECEIVABLE, "owes", "拖欠货款"), (LENDING, "has borrowed from", "借款")):
        layer = network.layer(name).transposed
        row = slice(layer.indptr[failed], layer.indptr[failed + 1])
        for position, amount in zip(layer.indices[row].tolist(), layer.data[row].tolist(), strict=True):
            owed = amount_text(_money(amount))
            found.setdefault(position, []).append(
                (
                    f"{en} ({owed})",
                    f"{zh} {owed}",
                    figure(name, _money(amount), f"{name} as of the day"),
                )
            )
    trade, bought = network.layer(TRADE).matrix, network.layer(TRADE).transposed
    for matrix, sums, en, zh in (
        (bought, trade.sum(axis=1), "buys from", "占其销售额"),  # row: who sells to the failed party
        (trade, trade.sum(axis=0), "sells to", "占其采购额"),  # row: who buys from it
    ):
        row, totals = slice(matrix.indptr[failed], matrix.indptr[failed + 1]), np.asarray(sums).ravel()
        for position, amount in zip(matrix.indices[row].tolist(), matrix.data[row].tolist(), strict=True):
            share = Decimal(str(round(amount / totals[position], 6))) if totals[position] > 0 else Decimal(0)
            if share >= days.rules.partner:
                role = "sales" if en == "buys from" else "purchases"
                found.setdefault(position, []).append(
                    (f"{en} ({percent(share)} of its {role})", f"{zh} {percent(share)}", figure(role, share, "trade"))
                )
    return found
