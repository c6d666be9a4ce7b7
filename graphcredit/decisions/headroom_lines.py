"""One line of headroom, all of them, and what it means that one is overdrawn."""

from datetime import date
from decimal import Decimal
from typing import Any

from graphcredit.decisions.amounts import ZERO, amount_text, cents_down, plain
from graphcredit.decisions.texts import Frozen, Reason, Text, Weight, figure, reason

SHARE, ONE = Decimal("0.0001"), Decimal(1)


class Line(Frozen):
    """One cap: what it allows, what facts and decisions use, what is left (negative = overdrawn)."""

    kind: str
    name: str
    cap: Decimal
    used: Decimal
    claimed: Decimal
    available: Decimal
    share: Decimal = Decimal(1)  # part of each unit lent that counts here
    path: tuple[Text, ...] = ()
    source: str

    @property
    def resource(self) -> str:
        """The scarce thing that decisions claim."""
        return resource(self.kind, self.name)


class Headroom(Frozen):
    """What may still be lent to a party; `binding` is the line with the least left.

    `left_out`: guarantors whose cap leaves less than the limit without their cover, which then is not counted.
    """

    party_id: str
    as_of: date
    available: Decimal
    binding: Line
    lines: tuple[Line, ...]
    blocks: tuple[Reason, ...]
    left_out: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON-able, decimals as text."""
        return dict(plain(self.model_dump()))


def resource(kind: str, name: str) -> str:
    """Name of the resource on which decisions claim."""
    return f"limit:{kind}:{name}"


def make_line(
    kind: str, name: str, cap: Decimal, used: Decimal, source: str, path: tuple[Text, ...] = (), share: Decimal = ONE
) -> Line:
    """A line without claims."""
    return Line(
        kind=kind,
        name=name,
        cap=cap,
        used=used,
        claimed=ZERO,
        available=left_of(cap - used, share),
        share=share,
        path=path,
        source=source,
    )


def left_of(room: Decimal, share: Decimal) -> Decimal:
    """What may be lent when `share` of each unit counts against the room."""
    return room if share == 1 else cents_down(room / share)


def overdrawn(line: Line) -> Reason:
    """The block that a line with less than nothing left is."""
    words = {
        "party": "额度",
        "group": "关联客户组额度",
        "guarantor": "担保人额度",
        "industry": "行业集中度",
        "region": "区域集中度",
        "debtor": "买方集中度",
    }
    over = amount_text(-line.available)
    return reason(
        f"over_{line.kind}_limit",
        Weight.BLOCK,
        f"the {line.kind} limit of {line.name} is overdrawn by {over}",
        f"{line.name} 的{words[line.kind]}已超用 {over}",
        figure("cap", line.cap, line.source),
        figure("used", line.used + line.claimed, "facts and decisions"),
        path=(step.en for step in line.path),
    )
