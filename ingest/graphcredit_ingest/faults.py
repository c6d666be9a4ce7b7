"""What can be wrong with a value, as a person reads it: reason and remedy for each code."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation

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
    bare = re.sub(r"^(CNY|RMB|USD|EUR|[¥$€£])\s*|\s*(元|CNY|RMB|USD|EUR)$", "", bare, flags=re.I)
    unit = _UNITS.get(bare[-1:], Decimal(1))
    if bare[-1:] in _UNITS:
        bare = bare[:-1]
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", bare):
        bare = bare.replace(",", "")
    try:
        number = Decimal(bare) * unit
    except InvalidOperation:
        return ""
    return format(number.normalize(), "f") if number.is_finite() else ""


def explain(table: Table, column_name: str, code: str, value: str) -> tuple[str, str]:
    """Reason and remedy of a fault."""
    if code == "pair":
        for a, _, reason, remedy in PAIR_RULES.get(table.name, ()):
            if column_name == a:
                return f"{value} {reason}", remedy
    if code == "order":
        return f"{table.ends} {value} lies before {table.begins}", "swap the two dates or mend one"
    return _explain_value(table[column_name], code, value)


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
            return f"{name} {value!r} is not a date", "write it as 2026-06-30"
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
            return f"{name} {value!r} is not a currency code", "use three capital letters (ISO 4217) such as CNY"
        case "choice":
            return f"{name} {value!r} is not known", f"use one of {', '.join(column.choices)}"
        case _:
            low = "" if column.minimum is None else f"at least {column.minimum:g}"
            high = "" if column.maximum is None else f"at most {column.maximum:g}"
            wanted = " and ".join(filter(None, (low, high)))
            hint = "; write a share, 35% is 0.35" if column.maximum == 1 else ""
            return f"{name} {value} is out of range", f"it must be {wanted}{hint}"
