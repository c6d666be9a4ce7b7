"""The answer, from gathered inputs and the policy alone: the same inputs give the same answer, today and in ten years."""

from decimal import Decimal
from enum import StrEnum

from graphcredit.decisions.amounts import ZERO, amount_text, cents_down, percent
from graphcredit.decisions.blocking import blocks_of, overdue_warning
from graphcredit.decisions.gather import Inputs
from graphcredit.decisions.limits import PartyScore
from graphcredit.decisions.policy.model import Policy, ProductRule
from graphcredit.decisions.pricing import Price, price
from graphcredit.decisions.products import Assessment, assess_product
from graphcredit.decisions.texts import (
    Condition,
    Frozen,
    Reason,
    Text,
    Weight,
    condition,
    figure,
    ranked,
    reason,
)


class Outcome(StrEnum):
    """The four answers."""

    APPROVE = "approve"
    CONDITIONS = "approve_with_conditions"
    REFER = "refer"
    DECLINE = "decline"


class Answer(Frozen):
    """What is decided.

    Attributes:
        amount: approved, in the book's currency; 0 unless approved. `possible` = what could be lent were it not referred.
        exposure: part of `amount` that uses limits.
        approval_level: who must agree before it counts; 0 = the system alone.
    """

    outcome: Outcome
    amount: Decimal
    possible: Decimal
    exposure: Decimal
    exposure_share: Decimal
    tenor_days: int
    rate: Decimal | None
    fee: Decimal
    lgd: Decimal
    price: Price | None
    conditions: tuple[Condition, ...]
    reasons: tuple[Reason, ...]
    documents: tuple[Text, ...]
    covenants: tuple[Text, ...]
    approval_level: int
    approvers: int
    risk_party: str
    review_months: int | None
    numbers: dict[str, str]


def judge(inputs: Inputs, policy: Policy, assessed: Assessment | None = None) -> Answer:
    """The answer to an application. Pure: reads nothing but its arguments.

    Args:
        assessed: what the product allows by these very inputs and this policy, if at hand.
    """
    rule = policy.products[inputs.application.product]
    translated = inputs.application.of(inputs.amount, inputs.deposit)
    product = assessed or assess_product(translated, inputs.facts, policy, inputs.party_score)
    said, asked = list(product.reasons), list(product.conditions)
    said += _standing(inputs, rule, policy) + list(inputs.authenticity) + _financed(inputs)
    said += [r for r in inputs.limit.reasons if product.exposure_share > 0]
    said += [*inputs.headroom.blocks, *_left_out(inputs, policy)] if product.exposure_share > 0 else []
    possible = _possible(inputs, product, rule, said, asked)
    tenor = min(inputs.application.tenor_days, product.tenor_cap)
    if tenor < inputs.application.tenor_days:
        said.append(
            reason(
                "tenor",
                Weight.CONDITION,
                f"{tenor} days instead of {inputs.application.tenor_days}",
                f"期限 {tenor} 天，而非 {inputs.application.tenor_days} 天",
                figure("tenor_cap", tenor, "due dates and policy"),
            )
        )
        asked.append(condition("shorter_tenor", f"tenor of at most {tenor} days", f"期限不超过 {tenor} 天"))
    lgd = _lgd(inputs, product, possible, policy)
    rate = _price(inputs, product, lgd, tenor, policy, said)
    outcome = _outcome(said, possible, rule, inputs.amount, asked)
    amount = possible if outcome in (Outcome.APPROVE, Outcome.CONDITIONS) else ZERO
    exposure = cents_down(amount * product.exposure_share)
    level = policy.approval.level_for(inputs.party_claimed + exposure)
    row = policy.grade_row(inputs.risk_score.grade) if inputs.risk_score else None
    return Answer(
        outcome=outcome,
        amount=amount,
        possible=possible,
        exposure=exposure,
        exposure_share=product.exposure_share,
        tenor_days=tenor,
        rate=rate.rate if rate else None,
        fee=cents_down(possible * rule.fee.value),
        lgd=lgd,
        price=rate,
        conditions=tuple(asked) if outcome is not Outcome.DECLINE else (),
        reasons=ranked(said),
        documents=rule.documents,
        covenants=rule.covenants,
        approval_level=level.level,
        approvers=level.approvers,
        risk_party=inputs.risk_party,
        review_months=row.review_months if row else None,
        numbers=product.numbers,
    )


def _standing(inputs: Inputs, rule: ProductRule, policy: Policy) -> list[Reason]:
    """Blocks and gaps of the applicant and of who bears the risk."""
    said: list[Reason] = []
    scores = {inputs.application.party_id: inputs.party_score, inputs.risk_party: inputs.risk_score}
    for standing in inputs.standings:
        score = scores[standing.party_id]
        said += blocks_of(standing, score, policy, inputs.as_of)
        warning = overdue_warning(standing)
        if warning and not any(r.code == "overdue" for r in said):
            said.append(warning)
        if standing.party_id == inputs.risk_party:
            said += _scored(score, standing.party_id, rule, inputs, policy)
    return said


def _scored(score: PartyScore | None, who: str, rule: ProductRule, inputs: Inputs, policy: Policy) -> list[Reason]:
    if score is None:
        return [
            reason(
                "no_score",
                Weight.REFER,
                f"{who} has no score: train a model and score it, or judge by hand",
                f"{who} 尚无评分：请先训练模型并评分，或人工审批",
                figure("score", "none", "score records of the store"),
            )
        ]
    said = []
    if policy.worse_than(score.grade, rule.worst_grade):
        said.append(
            reason(
                "grade_for_product",
                Weight.BLOCK,
                f"{who} has grade {score.grade}, {inputs.application.product} needs {rule.worst_grade} or better",
                f"{who} 评级 {score.grade}，{rule.name.zh}要求 {rule.worst_grade} 及以上",
                figure("grade", score.grade, f"model {score.model_id}"),
                figure("worst_grade", rule.worst_grade, f"policy {policy.label} products"),
            )
        )
    age = (inputs.as_of - score.as_of).days if score.as_of else None
    if age is not None and age > policy.blocking.score_max_age_days.value:
        said.append(
            reason(
                "old_score",
                Weight.REFER,
                f"the score of {who} is {age} days old",
                f"{who} 的评分已有 {age} 天",
                figure("score_as_of", score.as_of, f"model {score.model_id}"),
            )
        )
    said.append(
        reason(
            "score",
            Weight.SUPPORT,
            f"{who}: PD {percent(score.pd)}, grade {score.grade}",
            f"{who}：违约概率 {percent(score.pd)}，评级 {score.grade}",
            figure("pd", score.pd, f"model {score.model_id}"),
            figure("grade", score.grade, f"policy {policy.label} master_scale"),
        )
    )
    return said


def _left_out(inputs: Inputs, policy: Policy) -> list[Reason]:
    """Guarantors whose cover does not count, since others use up what they may stand for."""
    source = f"policy {policy.label} caps.guarantor"
    return [
        reason(
            "guarantor_full",
            Weight.WARNING,
            f"cover of {giver} is not counted: the cap of {amount_text(policy.cap('guarantor'))} on it is used up elsewhere",
            f"{giver} 的增信未计入：其担保集中度上限 {amount_text(policy.cap('guarantor'))} 已被占用",
            figure("cap", policy.cap("guarantor"), source),
        )
        for giver in inputs.headroom.left_out
    ]


def _financed(inputs: Inputs) -> list[Reason]:
    return [
        reason(
            "already_financed",
            Weight.BLOCK,
            f"{name} is financed already (the same invoice, a part, a renumbered copy, or by a related party)",
            f"{name} 已被融资（同一发票、拆分、重新编号或由关联方融资）",
            figure("mark", marks[0], "claims of earlier decisions"),
        )
        for name, marks in sorted(inputs.financed.items())
    ]


def _possible(
    inputs: Inputs, product: Assessment, rule: ProductRule, said: list[Reason], asked: list[Condition]
) -> Decimal:
    """The largest amount that headroom, product and policy allow, not more than asked; names what binds."""
    applied, bounds = inputs.amount, {"product_max": rule.max_amount.value}
    if product.ceiling is not None:
        bounds["product_ceiling"] = product.ceiling
    if product.exposure_share > 0:
        bounds["headroom"] = max(inputs.headroom.available, ZERO) / product.exposure_share
    tight = min(bounds, key=lambda name: bounds[name])
    possible = cents_down(min(applied, bounds[tight]))
    if product.exposure_share > 0:
        said.append(_binding(inputs, tight == "headroom" and bounds[tight] < applied))
    if possible < applied:
        zh = {"product_max": "产品上限", "product_ceiling": "产品可融金额", "headroom": "可用额度"}[tight]
        said.append(
            reason(
                "lower_amount",
                Weight.CONDITION,
                f"{amount_text(possible)} instead of {amount_text(applied)}: bound by {tight.replace('_', ' ')}",
                f"可批 {amount_text(possible)}，申请 {amount_text(applied)}：受限于{zh}",
                figure(tight, bounds[tight], "calculated"),
                figure("applied", applied, "application"),
            )
        )
        if possible > 0:
            asked.append(
                condition("lower_amount", f"at most {amount_text(possible)}", f"金额不超过 {amount_text(possible)}")
            )
            if tight == "headroom" and inputs.headroom.binding.kind in ("party", "guarantor"):
                gap = amount_text(applied - possible)
                asked.append(
                    condition(
                        "more_cover",
                        f"for the whole amount: further cover that counts for {gap}",
                        f"如需足额：补充有效增信 {gap}",
                    )
                )
    return possible


def _binding(inputs: Inputs, binds: bool) -> Reason:
    line = inputs.headroom.binding
    words = {
        "party": "本企业额度",
        "group": "关联客户组",
        "guarantor": "担保人",
        "industry": "行业集中度",
        "region": "区域集中度",
        "debtor": "买方集中度",
    }
    way = "; ".join(step.en for step in line.path)
    return reason(
        "headroom",
        Weight.BOUND if binds else Weight.SUPPORT,
        f"headroom {amount_text(line.available)}: the least is left by {line.kind} {line.name} "
        f"({amount_text(line.cap)} less {amount_text(line.used + line.claimed)} used)"
        + (f", through {way}" if way else ""),
        f"可用额度 {amount_text(line.available)}：最紧约束为{words[line.kind]} {line.name}（"
        f"{amount_text(line.cap)}，已用 {amount_text(line.used + line.claimed)}）"
        + (f"，路径：{'；'.join(step.zh for step in line.path)}" if way else ""),
        figure("cap", line.cap, line.source),
        figure("used_by_facts", line.used, "documents, facilities, guarantees as of the day"),
        figure("claimed_by_decisions", line.claimed, f"claims on {line.resource}"),
        path=(step.en for step in line.path),
    )


def _lgd(inputs: Inputs, product: Assessment, possible: Decimal, policy: Policy) -> Decimal:
    """LGD: secured for pledged goods, between the two by the covered share otherwise."""
    rule = policy.pricing
    if product.secured:
        return rule.lgd_secured.value
    if possible <= 0 or product.risk_party != inputs.limit.party_id:
        return rule.lgd_unsecured.value
    share = min(inputs.limit.cover_used / max(possible, inputs.limit.amount, Decimal(1)), Decimal(1))
    blend = rule.lgd_unsecured.value - (rule.lgd_unsecured.value - rule.lgd_secured.value) * share
    return blend.quantize(Decimal("0.0001"))


def _price(
    inputs: Inputs, product: Assessment, lgd: Decimal, tenor: int, policy: Policy, said: list[Reason]
) -> Price | None:
    if inputs.risk_score is None or (product.exposure_share == 0 and inputs.application.product == "dynamic_discount"):
        return None
    made = price(inputs.risk_score.pd, lgd, policy, tenor_days=tenor)
    source = f"policy {policy.label} pricing"
    figures = (
        figure("expected_loss", made.expected_loss, "PD x LGD"),
        figure("capital_cost", made.capital_cost, source),
        figure("funding", made.funding, source),
        figure("operating", made.operating, source),
        figure("lgd", lgd, source),
    )
    if made.above_max:
        said.append(
            reason(
                "price_above_cap",
                Weight.BLOCK,
                f"the risk needs {percent(made.rate)} a year, more than the {percent(policy.pricing.max_rate.value)} allowed",
                f"风险定价 {percent(made.rate)} 高于上限 {percent(policy.pricing.max_rate.value)}",
                *figures,
                figure("max_rate", policy.pricing.max_rate.value, policy.pricing.max_rate.source),
            )
        )
    else:
        said.append(
            reason(
                "price",
                Weight.SUPPORT,
                f"{percent(made.rate)} a year: expected loss {percent(made.expected_loss)}, capital "
                f"{percent(made.capital_cost)}, "
                f"funding {percent(made.funding)}, cost {percent(made.operating)}",
                f"年利率 {percent(made.rate)}：预期损失 {percent(made.expected_loss)}、资本成本 {percent(made.capital_cost)}、"
                f"资金成本 {percent(made.funding)}、运营成本 {percent(made.operating)}",
                *figures,
            )
        )
    return made


def _outcome(
    said: list[Reason], possible: Decimal, rule: ProductRule, applied: Decimal, asked: list[Condition]
) -> Outcome:
    weights = {each.weight for each in said}
    if Weight.BLOCK in weights:
        return Outcome.DECLINE
    if Weight.REFER in weights:
        return Outcome.REFER
    if possible < rule.min_amount.value:
        said.append(
            reason(
                "too_small",
                Weight.BLOCK,
                f"{amount_text(possible)} is below the least amount of {amount_text(rule.min_amount.value)}",
                f"可批 {amount_text(possible)} 低于最低金额 {amount_text(rule.min_amount.value)}",
                figure("min_amount", rule.min_amount.value, rule.min_amount.source),
            )
        )
        return Outcome.DECLINE
    waiting = [each for each in asked if each.code != "margin_call" and each.code != "buy_back"]
    return Outcome.CONDITIONS if waiting or possible < applied else Outcome.APPROVE
