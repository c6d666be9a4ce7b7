"""保兑仓 confirming warehouse: a deposit, a bill that pays the seller, goods against payment, the seller buys back.

At any time: goods released (at the bill's price) <= deposit + payments; at maturity the seller pays the gap.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from graphcredit.decisions.amounts import ZERO, amount_text, cents_down, decimal_text, percent
from graphcredit.decisions.application import Application
from graphcredit.decisions.policy.model import Policy
from graphcredit.decisions.products.base import Assessment, ProductFacts
from graphcredit.decisions.texts import Weight, condition, figure, reason
from graphcredit.exc import InputError


@dataclass(frozen=True)
class Warehouse:
    """A bill's state: face amount, deposit, further payments, goods released (at the bill's price)."""

    face: Decimal
    deposit: Decimal
    paid: Decimal = ZERO
    released: Decimal = ZERO

    @property
    def releasable(self) -> Decimal:
        """Goods that may leave now."""
        return min(self.deposit + self.paid, self.face) - self.released

    @property
    def exposure(self) -> Decimal:
        """What the lender would lose sight of today: the bill less what was deposited and paid."""
        return max(self.face - self.deposit - self.paid, ZERO)

    @property
    def buy_back(self) -> Decimal:
        """What the seller owes at maturity: the goods still in the warehouse that nobody paid for."""
        return max(self.face - self.deposit - self.paid, ZERO)

    def pay(self, amount: Decimal) -> "Warehouse":
        """Payment by the buyer.

        Raises:
            InputError: not above 0, or more than is open.
        """
        if amount <= 0 or amount > self.exposure:
            raise InputError(f"{amount} cannot be paid in: {self.exposure} is open", remedy="pay what is open or less")
        return replace(self, paid=self.paid + amount)

    def release(self, goods: Decimal) -> "Warehouse":
        """Goods leave the warehouse.

        Raises:
            InputError: more than deposit and payments allow.
        """
        if goods <= 0 or goods > self.releasable:
            raise InputError(
                f"goods worth {goods} cannot leave: {self.releasable} are paid for", remedy="let the buyer pay first"
            )
        return replace(self, released=self.released + goods)


def assess(application: Application, facts: ProductFacts, policy: Policy) -> Assessment:
    """Assess a bill of `amount` with `deposit`; at risk is what the deposit leaves."""
    rule = policy.products["confirming_warehouse"]
    least = rule.number("deposit_min")
    ratio = application.deposit / application.amount
    source = f"policy {policy.label} products.confirming_warehouse"
    said, asked = [], []
    if ratio < least:
        supported = cents_down(application.deposit / least) if application.deposit else ZERO
        needed = application.amount * least
        said.append(
            reason(
                "deposit_short",
                Weight.CONDITION,
                f"the deposit is {percent(ratio)}, {percent(least)} are needed: pay in {amount_text(needed)} before the bill",
                f"保证金比例 {percent(ratio)}，要求 {percent(least)}：出票前缴存 {amount_text(needed)}",
                figure("deposit", application.deposit, "application"),
                figure("deposit_min", least, source),
                figure("bill_supported", supported, "deposit / deposit_min"),
            )
        )
        asked.append(
            condition(
                "raise_deposit", f"raise the deposit to {amount_text(needed)}", f"将保证金补足至 {amount_text(needed)}"
            )
        )
    if application.seller_id == application.party_id:
        said.append(
            reason(
                "own_buy_back", Weight.BLOCK, "the seller that buys back is the buyer itself", "回购方与买方为同一企业"
            )
        )
    score = facts.seller_score
    if score is None or policy.worse_than(score.grade, rule.worst_grade):
        grade = "unknown" if score is None else score.grade
        said.append(
            reason(
                "weak_buy_back",
                Weight.REFER,
                f"the seller {application.seller_id} that is to buy back has grade {grade}",
                f"承担回购的卖方 {application.seller_id} 评级为 {'未知' if score is None else grade}",
                figure("seller_grade", grade, "score of the seller"),
                figure("worst_grade", rule.worst_grade, source),
            )
        )
    share = max(1 - max(ratio, least), ZERO)
    asked.append(
        condition(
            "buy_back",
            f"{application.seller_id} undertakes to buy back what is unpaid at maturity, up to "
            f"{amount_text(application.amount * share * rule.number('buy_back_share'))}",
            f"{application.seller_id} 承诺到期回购未付款部分，最高 {amount_text(application.amount * share)}",
        )
    )
    return Assessment(
        tenor_cap=int(rule.max_tenor_days.value),
        risk_party=application.party_id,
        exposure_share=share,
        secured=True,
        reasons=tuple(said),
        conditions=tuple(asked),
        numbers={"deposit_ratio": decimal_text(ratio.quantize(Decimal("0.0001")))},
    )
