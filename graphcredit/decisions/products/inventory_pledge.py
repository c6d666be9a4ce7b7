"""存货质押 inventory pledge: goods valued with a haircut, covered 120-150% by how fast they sell, watched for margin calls."""

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from graphcredit.decisions.amounts import CENT, ZERO, amount_text, cents_down, decimal_text, percent
from graphcredit.decisions.application import Application, Goods
from graphcredit.decisions.policy.model import Policy, ProductRule
from graphcredit.decisions.products.base import Assessment, ProductFacts
from graphcredit.decisions.texts import Weight, condition, figure, reason
from graphcredit.exc import InputError


def value(quantity: Decimal, unit_price: Decimal, haircut: Decimal) -> Decimal:
    """Value of the goods after the haircut, to the cent below."""
    return cents_down(quantity * unit_price * (1 - haircut))


def cover_needed(goods: Goods, rule: ProductRule) -> Decimal:
    """Cover asked for: least for goods that sell daily, most for slow ones, the middle for those that sell in a month."""
    low, high = rule.number("cover_min"), rule.number("cover_max")
    return {"daily": low, "monthly": (low + high) / 2, "slow": high}[goods.liquidity]


def ceiling(worth: Decimal, cover: Decimal) -> Decimal:
    """What may be lent against goods of that worth."""
    return cents_down(worth / cover)


@dataclass(frozen=True)
class MarginState:
    """Where a pledge stands: cover = value / loan; `state` ok, margin_call or liquidation; `top_up` in goods or money."""

    cover: Decimal
    state: str
    top_up: Decimal


def margin_state(loan: Decimal, goods: Goods, unit_price: Decimal, rule: ProductRule) -> MarginState:
    """Value the goods at a new price. A margin call asks for what brings the cover back to where it began.

    Raises:
        InputError: the loan or price is not above 0.
    """
    if loan <= 0 or unit_price <= 0:
        raise InputError("a pledge is valued with a loan and a price above 0", remedy="give both")
    worth = value(goods.quantity, unit_price, rule.number("price_haircut"))
    cover = (worth / loan).quantize(Decimal("0.0001"))
    needed = cover_needed(goods, rule) * loan
    if worth < rule.number("liquidation") * loan:
        return MarginState(cover, "liquidation", (needed - worth).quantize(CENT, ROUND_UP))
    if worth < rule.number("margin_call") * loan:
        return MarginState(cover, "margin_call", (needed - worth).quantize(CENT, ROUND_UP))
    return MarginState(cover, "ok", ZERO)


def margin_call_price(loan: Decimal, goods: Goods, rule: ProductRule) -> Decimal:
    """The unit price below which a margin call is due."""
    return (rule.number("margin_call") * loan / (goods.quantity * (1 - rule.number("price_haircut")))).quantize(
        CENT, ROUND_UP
    )


def assess(application: Application, facts: ProductFacts, policy: Policy) -> Assessment:  # noqa: ARG001  (one signature for all)
    """Assess a loan against the goods named."""
    rule, goods = policy.products["inventory_pledge"], application.goods
    if goods is None:
        raise InputError("inventory_pledge needs goods", remedy="say what is pledged")
    worth, cover = value(goods.quantity, goods.unit_price, rule.number("price_haircut")), cover_needed(goods, rule)
    most = ceiling(worth, cover)
    call = margin_call_price(min(most, application.amount), goods, rule) if most > 0 else ZERO
    source = f"policy {policy.label} products.inventory_pledge"
    said = reason(
        "pledge_value",
        Weight.BOUND,
        f"{goods.quantity} {goods.name} are worth {amount_text(worth)} after haircut; at {percent(cover)} "
        f"cover: {amount_text(most)}",
        f"{goods.name} {goods.quantity} 折扣后估值 {amount_text(worth)}；质押覆盖率 {percent(cover)}：{amount_text(most)}",
        figure("unit_price", goods.unit_price, "application"),
        figure("quantity", goods.quantity, "application"),
        figure("price_haircut", rule.number("price_haircut"), source),
        figure("cover", cover, source),
    )
    asked = condition(
        "margin_call",
        f"margin call when the price falls below {amount_text(call)}",
        f"单价跌破 {amount_text(call)} 时追加保证金",
    )
    return Assessment(
        ceiling=most,
        tenor_cap=int(rule.max_tenor_days.value),
        risk_party=application.party_id,
        secured=True,
        reasons=(said,),
        conditions=(asked,),
        numbers={"cover": decimal_text(cover), "margin_call_price": decimal_text(call)},
    )
