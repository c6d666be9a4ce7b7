"""反向保理 reverse factoring: the buyer confirms what it owes, its supplier is paid early on the buyer's limit."""

from graphcredit.decisions.amounts import amount_text, cents_down
from graphcredit.decisions.application import Application
from graphcredit.decisions.policy.model import Policy
from graphcredit.decisions.products.base import Assessment, ProductFacts
from graphcredit.decisions.products.factoring import tenor_to_due
from graphcredit.decisions.texts import Weight, condition, figure, reason


def assess(application: Application, facts: ProductFacts, policy: Policy) -> Assessment:
    """Assess early payment of the payables named; the buyer bears the risk."""
    rule = policy.products["reverse_factoring"]
    most = cents_down(facts.open_total * rule.advance_rate.value)
    buyer = str(facts.debtor_id)
    said = [
        reason(
            "confirmed_payable",
            Weight.BOUND,
            f"{buyer} owes {amount_text(facts.open_total)} on these invoices: at most {amount_text(most)}",
            f"{buyer} 就这些发票应付 {amount_text(facts.open_total)}：最多 {amount_text(most)}",
            *(figure(d.transaction_id, d.open, d.source) for d in facts.documents[:20]),
            figure("advance_rate", rule.advance_rate.value, f"policy {policy.label} products.reverse_factoring"),
        )
    ]
    asked = []
    if not application.confirmed:
        asked.append(
            condition(
                "confirm_payable",
                f"{buyer} confirms the payable irrevocably (确权)",
                f"{buyer} 不可撤销地确认该应付账款（确权）",
            )
        )
    return Assessment(
        ceiling=most,
        tenor_cap=tenor_to_due(facts, int(rule.max_tenor_days.value)),
        risk_party=buyer,
        debtor=buyer,
        reasons=tuple(said),
        conditions=tuple(asked),
    )
