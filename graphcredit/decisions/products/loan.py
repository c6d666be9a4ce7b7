"""流动资金贷款 working-capital loan: as much as cash flow can serve (DSCR), for borrowers whose PD allows it."""

from graphcredit.decisions.amounts import amount_text, percent
from graphcredit.decisions.application import Application
from graphcredit.decisions.limits import PartyScore
from graphcredit.decisions.loans import affordable, months_of
from graphcredit.decisions.policy.model import Policy
from graphcredit.decisions.pricing import price
from graphcredit.decisions.products.base import Assessment, ProductFacts
from graphcredit.decisions.texts import Weight, condition, figure, reason


def assess(
    application: Application, facts: ProductFacts, policy: Policy, score: PartyScore | None = None
) -> Assessment:
    """Assess a loan; `facts.cash_flow` unknown makes audited statements a condition."""
    rule = policy.products["loan"]
    source = f"policy {policy.label} products.loan"
    said, asked, most = [], [], None
    if score is not None and score.pd > rule.number("pd_max"):
        said.append(
            reason(
                "pd_too_high",
                Weight.BLOCK,
                f"PD {percent(score.pd)} is above {percent(rule.number('pd_max'))}",
                f"违约概率 {percent(score.pd)} 高于上限 {percent(rule.number('pd_max'))}",
                figure("pd", score.pd, f"model {score.model_id}"),
                figure("pd_max", rule.number("pd_max"), source),
            )
        )
    if facts.cash_flow is None:
        asked.append(
            condition(
                "statements",
                "audited statements show the cash flow that is to repay the loan",
                "提供经审计报表以证明还款现金流",
            )
        )
        said.append(
            reason(
                "dscr_unknown",
                Weight.CONDITION,
                "no operating cash flow is known: repayment capacity is not tested",
                "经营现金流未知，未测算偿债能力",
            )
        )
    else:
        pd = score.pd if score is not None else policy.master_scale.grades[-1].pd_from
        rate = price(pd, policy.pricing.lgd_unsecured.value, policy, tenor_days=application.tenor_days).rate
        months = months_of(application.tenor_days)
        least, stress = rule.number("dscr_min"), rule.number("rate_stress")
        most = affordable(facts.cash_flow, facts.debt_service, rate + stress, months, minimum=least)
        said.append(
            reason(
                "repayment_capacity",
                Weight.BOUND,
                f"cash flow {amount_text(facts.cash_flow)} a year less debt service "
                f"{amount_text(facts.debt_service)} at DSCR {least} "
                f"carries {amount_text(most)} over {months} months at {percent(rate + stress)}",
                f"年经营现金流 {amount_text(facts.cash_flow)}，现有还本付息 {amount_text(facts.debt_service)}，DSCR {least}："
                f"{months} 个月、利率 {percent(rate + stress)} 下可承担 {amount_text(most)}",
                figure("cash_flow", facts.cash_flow, facts.cash_flow_source),
                figure("debt_service", facts.debt_service, "facilities, statements"),
                figure("dscr_min", least, source),
                figure("rate_stress", stress, source),
            )
        )
    return Assessment(
        ceiling=most,
        tenor_cap=int(rule.max_tenor_days.value),
        risk_party=application.party_id,
        reasons=tuple(said),
        conditions=tuple(asked),
    )
