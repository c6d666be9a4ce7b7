"""What the policy says of the trade behind a document: how far quantities of order, delivery and invoice may differ."""

from typing import Self

from pydantic import model_validator

from graphcredit.decisions.policy.numbers import Num
from graphcredit.decisions.texts import Frozen


class TradeRule(Frozen):
    """Shares by which a quantity may exceed the one before it.

    Attributes:
        over_delivery: delivered above ordered. over_invoicing: invoiced above delivered (above ordered where nothing is
            recorded as delivered).
    """

    over_delivery: Num
    over_invoicing: Num

    @model_validator(mode="after")
    def _shares(self) -> Self:
        for name in ("over_delivery", "over_invoicing"):
            if getattr(self, name).value > 1:
                raise ValueError(f"trade.{name} is a share, at most 1")
        return self
