"""What can be wrong with a value, as a person reads it: reason and remedy for each code."""

import re
import unicodedata
from datetime import date, timedelta
from decimal import Decimal

from graphcredit.model.tables import Column, Table

MAX_TEXT = 10_000
MAX_KEY = 400

_UNITS = {"万": Decimal(10_000), "亿": Decimal(100_000_000), "千": Decimal(1000)}

PAIR_RULES: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "transactions": (("seller_id", "buyer_id", "sells to itself", "a transaction needs two different parties"),),
    "payments": (("payer_id", "payee_id", "pays itself", "a payment needs two different parties"),),
    "guarantees": (("guarantor_id", "obligor_id", "guarantees itself", "a guarantor answers for somebody else"),),
    "ownership": (("holder_id", "held_id", "holds itself", "treasury shares are not an ownership link"),),
    "facilities": (("lender_id", "borrower_id", "lends to itself", "a facility needs two different parties"),),
    "relations": (("source_id", "target_id", "is tied to itself", "a relation needs two different parties"),),
}
"""Per table: two columns that must differ, what it means when they do not, and the remedy."""


def plain_amount(text: str) -> str:
    """The amount that a formatted text most likely means ("¥1,234.50" -> "1234.50", "1万" -> "10000"), or ""."""
    bare = unicodedata.normalize("NFKC", text).strip()
    negative = re.fullmatch(r"\((.*)\)", bare)
    bare = negative.group(1) if negative else bare
    bare = re.sub(r"^(-?)(CNY|RMB|USD|EUR|[¥$€£])\s*|\s*(元|CNY|RMB|USD|EUR)$", r"\1", bare, flags=re.I)
    unit = _UNITS.get(bare[-1:], Decimal(1))
    bare = bare[:-1].strip() if bare[-1:] in _UNITS else bare
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", bare):
        bare = bare.replace(",", "")
    if not re.fullmatch(r"[+-]?(\d{1,20}(\.\d*)?|\.\d+)(e[+-]?\d{1,2})?", bare, flags=re.I):
        return ""
    number = Decimal(bare) * unit
    if unit != 1 or "e" in bare.lower():
        number = number.normalize()
    return format(-number if negative else number, "f")


def _day_number(value: str) -> str:
    """A hint where a date looks like a spreadsheet's number of days."""
    if not re.fullmatch(r"[2-6]\d{4}(\.0)?", value):
        return ""
    return f"; if it is a spreadsheet's day number, it is {date(1899, 12, 30) + timedelta(int(value[:5]))}"


def explain(table: Table, column_name: str, code: str, value: str) -> tuple[str, str]:
    """Reason and remedy of a fault."""
    if code == "pair":
        for a, _, reason, remedy in PAIR_RULES.get(table.name, ()):
            if column_name == a:
                return f"{value} {reason}", remedy
    if code == "order":
        return f"{table.ends} {value} lies before {table.begins}", "swap the two dates or mend one"
    known = column_name in table.names
    return _explain_value(table[column_name] if known else Column(column_name), code, value)


def _explain_value(column: Column, code: str, value: str) -> tuple[str, str]:
    name = column.name
    match code:
        case "required":
            return f"{name} is missing", "fill it in"
        case "long":
            return (
                f"{name} has {len(value):,} characters",
                f"at most {MAX_TEXT:,} (a key {MAX_KEY}) are kept; shorten it",
            )
        case "nul":
            return f"{name} contains a NUL character", "export the file again as text"
        case "date":
            return f"{name} {value!r} is not a date", "write it as 2026-06-30" + _day_number(value)
        case "money" if name == "quantity":
            split = re.match(r"[+-]?\d+(\.\d+)?(?=\s*[^\d.,\s]+$)", value)
            hint = f"; here quantity {split[0]}, unit {value[split.end() :].strip()}" if split else ""
            return f"{name} {value!r} is not a plain quantity", "write digits, and the unit in the column unit" + hint
        case "money":
            meant = plain_amount(value)
            hint = f"; here {meant}" if meant else ""
            plain = "write digits and a decimal point only, no separators, signs or units (or allow them in a mapping)"
            return f"{name} {value!r} is not a plain amount", plain + hint
        case "number":
            return f"{name} {value!r} is not a number", "write a finite number such as 0.35"
        case "integer":
            return f"{name} {value!r} is not a whole number", "write digits only"
        case "currency":
            known = {"RMB": "CNY", "￥": "CNY", "¥": "CNY", "元": "CNY", "人民币": "CNY", "$": "USD", "€": "EUR"}
            return f"{name} {value!r} is not a currency code", f"use an ISO 4217 code such as {known.get(value, 'CNY')}"
        case "choice":
            return f"{name} {value!r} is not known", f"use one of {', '.join(column.choices)}"
        case _:
            low = "" if column.minimum is None else f"at least {column.minimum:g}"
            high = "" if column.maximum is None else f"at most {column.maximum:g}"
            wanted = " and ".join(filter(None, (low, high)))
            hint = "; write a share, 35% is 0.35" if column.maximum == 1 else ""
            return f"{name} {value} is out of range", f"it must be {wanted}{hint}"
