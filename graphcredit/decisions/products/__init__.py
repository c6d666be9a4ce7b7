"""The products, one a file; each says what it allows from facts gathered once."""

from graphcredit.decisions.application import Application
from graphcredit.decisions.limits import PartyScore
from graphcredit.decisions.policy.model import Policy
from graphcredit.decisions.products import (
    confirming_warehouse,
    dynamic_discount,
    e_receivable,
    factoring,
    inventory_pledge,
    loan,
    order_finance,
    reverse_factoring,
)
from graphcredit.decisions.products.base import Assessment, Document, ProductFacts

_ASSESS = {
    "factoring": factoring.assess,
    "reverse_factoring": reverse_factoring.assess,
    "order_finance": order_finance.assess,
    "inventory_pledge": inventory_pledge.assess,
    "confirming_warehouse": confirming_warehouse.assess,
    "e_receivable": e_receivable.assess,
    "dynamic_discount": dynamic_discount.assess,
}


def assess_product(
    application: Application, facts: ProductFacts, policy: Policy, score: PartyScore | None
) -> Assessment:
    """What the product applied for allows."""
    if application.product == "loan":
        return loan.assess(application, facts, policy, score)
    return _ASSESS[application.product](application, facts, policy)


__all__ = ["Assessment", "Document", "ProductFacts", "assess_product"]
