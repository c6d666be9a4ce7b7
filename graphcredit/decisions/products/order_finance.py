"""订单融资 order finance: money to fulfil confirmed orders, as far as past orders were fulfilled."""

from graphcredit.decisions.amounts import amount_text, cents_down, percent
from graphcredit.decisions.application import Application
from graphcredit.decisions.policy.model import Policy
from graphcredit.decisions.products.base import Assessment, ProductFacts
from graphcredit.decisions.texts import Weight, figure, reason


def assess(application: Application, facts: ProductFacts, policy: Policy) -> Assessment:
    """Assess finance of the orders named."""
    rule = policy.products["order_finance"]
    most = cents_down(facts.open_total * rule.advance_rate.value)
    source = f"policy {policy.label} products.order_finance"
    said = [
        reason(
            "advance",
            Weight.BOUND,
            f"open orders {amount_text(facts.open_total)} at {percent(rule.advance_rate.value)}: {amount_text(most)}",
            f"未交付订单 {amount_text(facts.open_total)}，预付比例 {percent(rule.advance_rate.value)}：{amount_text(most)}",
            *(figure(d.transaction_id, d.open, d.source) for d in facts.documents[:20]),
            figure("advance_rate", rule.advance_rate.value, source),
        )
    ]
    needed, least = int(rule.number("min_past_orders")), rule.number("min_fulfilment")
    history = "orders of the seller before the last 90 days, with what followed in the pair"
    if facts.past_orders < needed or facts.fulfilment is None:
        said.append(
            reason(
                "short_history",
                Weight.REFER,
                f"only {facts.past_orders} past orders are known, {needed} are needed to judge fulfilment",
                f"仅有 {facts.past_orders} 笔历史订单，判断履约需 {needed} 笔",
                figure("past_orders", facts.past_orders, history),
                figure("min_past_orders", needed, source),
            )
        )
    elif facts.fulfilment < least:
        said.append(
            reason(
                "poor_fulfilment",
                Weight.BLOCK,
                f"{percent(facts.fulfilment)} of past orders were fulfilled, {percent(least)} are needed",
                f"历史订单履约率 {percent(facts.fulfilment)}，低于要求 {percent(least)}",
                figure("fulfilment", facts.fulfilment, history),
                figure("min_fulfilment", least, source),
            )
        )
    else:
        said.append(
            reason(
                "good_fulfilment",
                Weight.SUPPORT,
                f"{percent(facts.fulfilment)} of {facts.past_orders} past orders were fulfilled",
                f"{facts.past_orders} 笔历史订单履约率 {percent(facts.fulfilment)}",
                figure("fulfilment", facts.fulfilment, history),
            )
        )
    return Assessment(
        ceiling=most,
        tenor_cap=int(rule.max_tenor_days.value),
        risk_party=application.party_id,
        debtor=facts.debtor_id,
        reasons=tuple(said),
    )
