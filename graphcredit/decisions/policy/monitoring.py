"""What the policy says of watching the book: from where on an alert is raised."""

from typing import Self

from pydantic import model_validator

from graphcredit.decisions.policy.numbers import Num, Share, Source
from graphcredit.decisions.texts import Frozen


class ShareNum(Frozen):
    """A share and where it comes from."""

    value: Share
    source: Source


class MonitoringRule(Frozen):
    """Thresholds of alerts under a policy.

    Attributes:
        notches: steps down the master scale. headroom: share of a party's limit that is left, below which it is low.
        group: share of a group's cap that is used, from which on it is near it.
        drop: share by which sales fall from one window of `window_days` to the next; fewer than `min_invoices` say nothing.
        partner: share of sales or purchases from which on a partner's failure matters.
    """

    notches: Num
    headroom: ShareNum
    group: ShareNum
    drop: ShareNum
    window_days: Num
    min_invoices: Num
    partner: ShareNum

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name in ("notches", "window_days", "min_invoices"):
            value = getattr(self, name).value
            if value != int(value) or value < 1:
                raise ValueError(f"monitoring.{name} {value} is not a whole number from 1 on")
        return self
