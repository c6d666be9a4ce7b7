"""保理 factoring: a supplier sells its invoices, with or without recourse.

ceiling = open invoices x (1 - dilution reserve) x advance rate; reserve = multiple x dilution of the last year.
"""

from decimal import Decimal

from graphcredit.decisions.amounts import amount_text, cents_down, decimal_text, percent
from graphcredit.decisions.application import Application
from graphcredit.decisions.policy.model import Policy
from graphcredit.decisions.products.base import Assessment, ProductFacts
from graphcredit.decisions.texts import Weight, condition, figure, reason


def dilution_reserve(dilution: Decimal, multiple: Decimal, least: Decimal) -> Decimal:
    """Share of the invoices held back for returns and credit notes."""
    return min(max(dilution * multiple, least), Decimal(1))


def ceiling(open_total: Decimal, reserve: Decimal, advance_rate: Decimal) -> Decimal:
    """What may be advanced, to the cent below."""
    return cents_down(open_total * (1 - reserve) * advance_rate)


def assess(application: Application, facts: ProductFacts, policy: Policy) -> Assessment:
    """Assess factoring of the invoices named."""
    rule = policy.products["factoring"]
    reserve = dilution_reserve(facts.dilution, rule.number("dilution_multiple"), rule.number("min_dilution_reserve"))
    most = ceiling(facts.open_total, reserve, rule.advance_rate.value)
    said = [
        reason(
            "advance",
            Weight.BOUND,
            f"open invoices {amount_text(facts.open_total)}, less {percent(reserve)} for dilution, at "
            f"{percent(rule.advance_rate.value)}: {amount_text(most)}",
            f"未付发票 {amount_text(facts.open_total)}，扣减稀释准备 {percent(reserve)}，预付比例 "
            f"{percent(rule.advance_rate.value)}：{amount_text(most)}",
            *(figure(d.transaction_id, d.open, d.source) for d in facts.documents[:20]),
            figure("dilution", facts.dilution, "returns and credit notes of the pair, last 12 months"),
            figure("advance_rate", rule.advance_rate.value, f"policy {policy.label} products.factoring"),
        )
    ]
    asked = []
    if not application.assignment_notice:
        asked.append(
            condition(
                "notify_debtor",
                f"notify debtor {facts.debtor_id} of the assignment and obtain its receipt",
                f"向买方 {facts.debtor_id} 发出债权转让通知并取得回执",
            )
        )
    score = facts.debtor_score
    worst = rule.number("non_recourse_worst_grade_pd")
    if not application.recourse and (score is None or score.pd > worst):
        known = "unknown" if score is None else percent(score.pd)
        said.append(
            reason(
                "debtor_too_weak",
                Weight.BLOCK,
                f"without recourse the debtor's PD must be at most {percent(worst)}; that of {facts.debtor_id} is {known}",
                f"无追索权保理要求买方违约概率不超过 {percent(worst)}；{facts.debtor_id} 为 "
                f"{'未知' if score is None else known}",
                figure("debtor_pd", "unknown" if score is None else score.pd, "score of the debtor"),
            )
        )
    elif score is not None and score.pd > worst:
        said.append(
            reason(
                "weak_debtor",
                Weight.WARNING,
                f"the debtor's PD is {percent(score.pd)}: repayment may come from the seller",
                f"买方违约概率 {percent(score.pd)}，还款可能依赖卖方",
                figure("debtor_pd", score.pd, "score of the debtor"),
            )
        )
    return Assessment(
        ceiling=most,
        tenor_cap=tenor_to_due(facts, int(rule.max_tenor_days.value)),
        risk_party=application.party_id if application.recourse else str(facts.debtor_id),
        debtor=facts.debtor_id,
        reasons=tuple(said),
        conditions=tuple(asked),
        numbers={"dilution_reserve": decimal_text(reserve)},
    )


def tenor_to_due(facts: ProductFacts, cap: int, *, grace: int = 30) -> int:
    """Days until the last document falls due, and a grace of a month; the product's cap where no due date is known."""
    due = facts.latest_due
    return cap if due is None else max(min((due - facts.day).days + grace, cap), 1)
