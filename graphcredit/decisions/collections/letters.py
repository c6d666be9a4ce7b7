"""Texts of the letters, in English and Chinese; they are shown, and whoever sends them records the step."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from graphcredit.decisions.amounts import ZERO, amount_text
from graphcredit.decisions.texts import Frozen, Text

Lines = Sequence[tuple[str, date | None, str, Decimal, Decimal]]
"""Invoice number, due date, currency, open amount, late interest; each amount in the currency that it is owed in."""

OPENING = {
    "due_soon": (
        "Dear {debtor}, a friendly notice that the following falls due soon:",
        "{debtor}：以下款项即将到期，特此提示：",
    ),
    "reminder": (
        "Dear {debtor}, the following is past due; it may have been overlooked:",
        "{debtor}：以下款项已逾期，如系疏忽，敬请尽快安排付款：",
    ),
    "demand": (
        "To {debtor}: the following is past due and has not been paid. We demand payment:",
        "致 {debtor}：下列款项已逾期，至今未付，现正式催告：",
    ),
    "final_demand": (
        "To {debtor}: this is our last demand before we take legal steps. The following is unpaid:",
        "致 {debtor}：此为采取法律措施前的最后通知。下列款项至今未付：",
    ),
    "legal": (
        "To {debtor}: we are instructed to claim the following for {creditor}, in court if need be:",
        "致 {debtor}：受 {creditor} 委托，现就下列款项向贵方主张权利，必要时将提起诉讼：",
    ),
}
CLOSING = {
    "due_soon": ("Please arrange payment by the due date.", "请于到期日前安排付款。"),
    "reminder": (
        "Please pay by {answer_by}, or tell us what stands against it.",
        "请于 {answer_by} 前付款；如有异议，请及时告知。",
    ),
    "demand": (
        "Please pay {total} with {interest} interest for late payment, {sum} in all, by {answer_by}.",
        "请于 {answer_by} 前支付本金 {total} 及逾期利息 {interest}，合计 {sum}。",
    ),
    "final_demand": (
        "Unless {sum} (of it {interest} interest) is paid by {answer_by}, we sue without further notice and stop deliveries.",
        "如 {answer_by} 前未付清 {sum}（含逾期利息 {interest}），我方将停止供货并直接提起诉讼，不再另行通知。",
    ),
    "legal": (
        "Pay {sum} (of it {interest} interest, which goes on running) by {answer_by}; we shall claim our costs, too.",
        "请于 {answer_by} 前支付 {sum}（含逾期利息 {interest}，利息计至付清之日）；否则将一并主张实现债权的费用。",
    ),
}
INTEREST = (
    "Interest for late payment: {rate} a year after the due date, counted to {day}.",
    "逾期利息：自到期次日起按年利率 {rate} 计至 {day}。",
)
"""Said by every letter that asks for interest."""
SIGNED = {"legal": ("For {creditor}, {day}", "{creditor} 代理人，{day}")}
BY_CREDITOR = ("{creditor}, {day}", "{creditor}，{day}")


class Letter(Frozen):
    """A letter's text from one creditor."""

    kind: str
    creditor_id: str
    text: Text


def letters_of(
    kind: str,
    *,
    debtor: str,
    creditor_id: str,
    creditor: str,
    day: date,
    answer_by: date,
    invoices: Lines,
    rate: Decimal,
) -> Letter:
    """The letter of a kind from one creditor about some invoices; `rate` of late interest a year, as a share.

    Sums are stated by currency; currencies are never added up.
    """
    interest = any(line[4] for line in invoices)
    words = {
        "debtor": debtor,
        "creditor": creditor,
        "answer_by": answer_by.isoformat(),
        "day": day.isoformat(),
        "rate": f"{rate:.2%}",
    }
    made = []
    for language in (0, 1):
        sums = {"total": (1, 0), "interest": (0, 1), "sum": (1, 1)}
        words |= {name: _sums(invoices, *weights, language) for name, weights in sums.items()}
        due = ("due", "到期日")[language]
        lines = [
            f"  {number}  {due} {on or '-'}  {currency} {amount_text(amount)}"
            for number, on, currency, amount, _ in invoices
        ]
        together = ("Total: ", "合计：")[language]
        basis = [INTEREST[language].format(**words)] if interest and "{interest}" in CLOSING[kind][language] else []
        made.append(
            "\n".join(
                [
                    OPENING[kind][language].format(**words),
                    *lines,
                    f"{together}{words['total']}",
                    *basis,
                    CLOSING[kind][language].format(**words),
                    SIGNED.get(kind, BY_CREDITOR)[language].format(**words),
                ]
            )
        )
    return Letter(kind=kind, creditor_id=creditor_id, text=Text(en=made[0], zh=made[1]))


def _sums(lines: Lines, owed: int, interest: int, language: int) -> str:
    """Sums by currency: CNY 1,000.00 and USD 20.00."""
    by_currency: dict[str, Decimal] = {}
    for _, _, currency, amount, late in lines:
        by_currency[currency] = by_currency.get(currency, ZERO) + owed * amount + interest * late
    told = [f"{currency} {amount_text(total)}" for currency, total in sorted(by_currency.items())]
    if language:
        return "、".join(told)
    return " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)
