"""The credit report (资信报告) as PDF."""

from collections.abc import Callable, Mapping
from typing import Any

from graphcredit_api.console.labels import label
from graphcredit_api.console.pdf import SOFT, Pdf
from graphcredit_api.console.render import money, percent
from graphcredit_api.console.texts import words

Page = Mapping[str, Any]


def report_pdf(page: Page, by: str, language: str) -> bytes:
    """The report of a party from what its page shows."""
    t = words(language)
    party = page["party"]
    pdf = Pdf(f"{t('report')} {party['name']}", f"graphcredit · {party['party_id']} · {t('as_of')} {page['day']}")
    pdf.text(t("report"), size=17, gap=3)
    pdf.text(party["name"], size=13, gap=2)
    pdf.text(
        f"{party['party_id']} · {t('as_of')} {page['day']} · {t('amounts_in')} {page['currency']} · {t('by')} {by}",
        colour=SOFT,
        gap=6,
    )
    if page["score"]:
        score, room = page["score"], page["headroom"]
        head = [t(name) for name in ("grade", "pd", "points", "own_limit", "headroom")]
        values = [score["grade"], percent(score["pd"]), f"{score['points']:.0f}"]
        pdf.table([head, [*values, money(page["limit"]["amount"]), money(room["available"])]], [1, 1, 1, 2, 2])
    _identity(pdf, page, t, language)
    _reasons(pdf, page, t, language)
    _limits(pdf, page, t, language)
    _roles(pdf, page, t, language)
    _trade(pdf, page, t)
    _statements(pdf, page, t, language)
    _rest(pdf, page, t, language)
    model = f" {t('model')}: {page['score']['model_id']}." if page["score"] else ""
    pdf.text(t("report_note") + model, size=8, colour=SOFT)
    return pdf.render()


T = Callable[[str], str]


def _identity(pdf: Pdf, page: Page, t: T, language: str) -> None:
    party = page["party"]
    rows = [
        (t(key), value)
        for key, value in (
            ("id", party["party_id"]),
            ("kind", label(party["kind"], language)),
            ("uscc", party["uscc"]),
            ("industry", party["industry"]),
            ("region", party["region"]),
            ("founded", party["founded_on"]),
            ("capital", money(party["registered_capital"])),
            ("representative", party["legal_representative"]),
            ("address", party["address"]),
            ("status", label(party["status"], language)),
            ("verification", label(party["verification"], language)),
            ("verified_on", party["verified_on"]),
        )
        if value
    ]
    pdf.heading(t("identity"))
    pdf.table([*rows, *page["own"].items()], [1, 3], head=False)


def _reasons(pdf: Pdf, page: Page, t: T, language: str) -> None:
    if not page["score"]:
        return
    pdf.heading(t("reasons"))
    for number, reason in enumerate(page["score"]["reasons"], 1):
        pdf.text(f"{number}. {reason['text'][language]}", size=9, indent=4)
    for step in page["score"]["improvements"][:3]:
        pdf.text(f"{t('improve')}: {step['text'][language]}", size=9, colour=SOFT, indent=4)


def _limits(pdf: Pdf, page: Page, t: T, language: str) -> None:
    room = page["headroom"]
    if not room:
        return
    pdf.heading(t("limit"))
    binding = (room["binding"]["kind"], room["binding"]["name"])
    rows = [[t("cap"), t("amount"), t("used"), t("claimed"), t("left")]]
    for line in room["lines"][:12]:
        mark = f" ({t('binding')})" if (line["kind"], line["name"]) == binding else ""
        part = f" {t('share_counts')} {percent(line['share'])}" if float(line["share"]) != 1 else ""
        name = f"{label(line['kind'], language)} {line['name']}{mark}{part}"
        rows.append([name, *(money(line[key]) for key in ("cap", "used", "claimed", "available"))])
    pdf.table(rows, [3, 1.5, 1.5, 1.5, 1.5], right=(1, 2, 3, 4))
    steps = " · ".join(step[language] for step in room["binding"]["path"])
    if steps:
        pdf.text(steps, size=8.5, colour=SOFT)
    for block in room["blocks"]:
        pdf.text(block["text"][language])


def _roles(pdf: Pdf, page: Page, t: T, language: str) -> None:
    exposure = page["exposure"]
    pdf.heading(t("roles"))
    rows = [(t("owes"), money(exposure["total"]))]
    rows += [
        ("   " + label(use["kind"], language), money(use["amount"])) for use in exposure["owed"] if float(use["amount"])
    ]
    rows += [(t("is_owed"), money(exposure["receivable"])), (t("decided_for"), money(exposure["decided"]))]
    rows.append((t("overdue"), f"{money(exposure['overdue'])} ({exposure['overdue_days']} {t('days')})"))
    pdf.table(rows, [2, 1], head=False, right=(1,))


def _trade(pdf: Pdf, page: Page, t: T) -> None:
    pdf.heading(t("trade"))
    rows = [[t("month"), t("sales"), t("purchases")]]
    rows += [[m["month"], money(m["sales"]), money(m["purchases"])] for m in page["months"][::-1][:12]]
    pdf.table(rows, [1, 1, 1], right=(1, 2))
    for role in ("customers", "suppliers"):
        told = ", ".join(f"{p['name']} {percent(p['share'], 0)}" for p in page["partners"][role][:5])
        if told:
            pdf.text(f"{t(role)}: {told}", size=9)


def _statements(pdf: Pdf, page: Page, t: T, language: str) -> None:
    found = page["statements"]
    if not found["items"]:
        return
    pdf.heading(t("statements"))
    columns = range(1, len(found["periods"]) + 1)
    rows = [[t("ratio"), *found["periods"]]]
    for name, (kind, values) in found["ratios"].items():
        shown = ["" if v is None else percent(v, 1) if kind == "share" else f"{v:.2f}" for v in values]
        rows.append([t(name), *shown])
    pdf.table(rows, [2, *[1.2] * len(columns)], right=tuple(columns))
    pdf.y -= 6
    rows = [[f"{t('item')} ({found['currency']})" if found["currency"] else t("item"), *found["periods"]]]
    rows += [[label(item, language), *(money(value) for value in values)] for item, values in found["items"].items()]
    pdf.table(rows, [2, *[1.2] * len(columns)], right=tuple(columns))


def _rest(pdf: Pdf, page: Page, t: T, language: str) -> None:
    pdf.heading(t("guarantees"))
    if page["circle"]:
        pdf.text(t("in_circle"))
    rows = [[t("role"), t("party"), t("kind"), t("amount"), t("until")]]
    rows += [[t(g["role"]), g["name"] or g["party_id"], label(g["kind"], language), money(g["amount"]), g["until"] or ""]
             for g in page["guarantees"][:12]]  # fmt: skip
    _table_or_none(pdf, rows, [1, 3, 1.5, 1.5, 1.2], t, right=(3,))
    pdf.heading(t("groups"))
    for group in page["groups"]:
        members = ", ".join(
            f"{m['party_id']} ({label(m['reason'], language)})" for m in group["members"] if m["reason"] != "root"
        )
        others = f", {t('and_others')} {group['others']}" if group["others"] else ""
        pdf.text(f"{group['root']} ({group['size']}): {members}{others}", size=9)
    if not page["groups"]:
        pdf.text(t("none"))
    pdf.heading(t("events"))
    rows = [[t("date"), t("kind"), t("amount")]]
    rows += [[e["occurred_on"], label(e["kind"], language), money(e["amount"])] for e in page["events"][:12]]
    _table_or_none(pdf, rows, [1, 2, 1], t, right=(2,))
    pdf.heading(t("past_decisions"))
    rows = [[t("at"), t("product"), t("outcome"), t("amount")]]
    rows += [[d["at"][:10], label(d["product"], language), label(d["outcome"], language), money(d["amount"])]
             for d in page["decisions"][:12]]  # fmt: skip
    _table_or_none(pdf, rows, [1, 1.5, 1.5, 1], t, right=(3,))


def _table_or_none(pdf: Pdf, rows: list[list[Any]], shares: list[float], t: T, right: tuple[int, ...]) -> None:
    if len(rows) == 1:
        pdf.text(t("none"))
    else:
        pdf.table(rows, shares, right=right)
