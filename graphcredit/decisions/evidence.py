"""The documents of an application and what surrounds them, read from the store and checked."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from graphcredit.decisions.amounts import ZERO, amount_text
from graphcredit.decisions.application import Application
from graphcredit.decisions.headroom import HeadroomBook
from graphcredit.decisions.products.base import Document
from graphcredit.exc import InputError, NotFoundError
from graphcredit.network.build import months_before
from graphcredit.store import AsOf, CreditStore

COLUMNS = [
    "transaction_id",
    "seller_id",
    "buyer_id",
    "issued_on",
    "due_on",
    "amount",
    "tax",
    "currency",
    "number",
    "status",
    "kind",
    "quantity",
    "unit",
    "goods",
]
SETTLED_AFTER = 90


def document_of(row: dict[str, Any], book: HeadroomBook, paid: Decimal = ZERO) -> Document:
    """A row of `transactions` as a document, in the book's currency."""
    stated = Decimal(row["amount"]) + Decimal(row["tax"] or 0)
    gross = book.book.rates.convert(stated, row["currency"], row["issued_on"])
    return Document(
        transaction_id=row["transaction_id"],
        kind=row["kind"] or "invoice",
        seller_id=row["seller_id"],
        buyer_id=row["buyer_id"],
        number=row["number"],
        issued_on=row["issued_on"],
        due_on=row["due_on"],
        gross=gross,
        open=max(gross - paid, ZERO),
        source=f"transactions/{row['transaction_id']}",
        quantity=row["quantity"],
        unit=row["unit"] if row["quantity"] is not None else None,
        goods=row["goods"] if row["quantity"] is not None else None,
    )


def documents_of(
    store: CreditStore, application: Application, book: HeadroomBook, as_of: AsOf
) -> tuple[tuple[Document, ...], tuple[tuple[str, date, Decimal], ...]]:
    """The invoices or orders of an application with the payments made on them.

    Raises:
        NotFoundError: one is not known as of the day.
        InputError: one is void, of another party, of another kind, or they have several debtors.
    """
    names = application.order_ids if application.product == "order_finance" else application.invoice_ids
    if not names:
        return (), ()
    rows = store.read("transactions", as_of=as_of, columns=COLUMNS, where={"transaction_id": names}).to_pylist()
    known = {row["transaction_id"]: row for row in rows}
    for name in names:
        _check(name, known.get(name), application, book)
    if len({row["buyer_id"] for row in rows}) > 1:
        raise InputError(
            "the documents have several debtors: " + ", ".join(sorted({row["buyer_id"] for row in rows})),
            remedy="apply once for each debtor",
        )
    columns = ["transaction_id", "paid_on", "amount", "currency"]
    payments = store.read("payments", as_of=as_of, columns=columns, where={"transaction_id": names}).to_pylist()
    rates = book.book.rates
    paid = tuple(
        (p["transaction_id"], p["paid_on"], rates.convert(Decimal(p["amount"]), p["currency"], p["paid_on"]))
        for p in payments
    )
    made = tuple(
        document_of(known[name], book, sum((amount for other, _, amount in paid if other == name), ZERO))
        for name in names
    )
    return made, tuple(sorted(paid))


def _check(name: str, row: dict[str, Any] | None, application: Application, book: HeadroomBook) -> None:
    day, product = book.book.day, application.product
    kind = "order" if product == "order_finance" else "invoice"
    if row is None:
        raise NotFoundError(
            f"{kind} {name!r} is not known on {day}", remedy="load it first, or check its id", transaction_id=name
        )
    if row["status"] == "void":
        raise InputError(
            f"{kind} {name} is void", remedy="leave it out; a void document finances nothing", transaction_id=name
        )
    if (row["kind"] or "invoice") != kind:
        raise InputError(f"{name} is a {row['kind']}, {product} finances {kind}s", remedy=f"name {kind}s only")
    if row["seller_id"] != application.party_id:
        raise InputError(
            f"{kind} {name} belongs to another party: {row['seller_id']} sold to {row['buyer_id']}, "
            f"{application.party_id} applies",
            remedy="only the seller can finance its documents",
            transaction_id=name,
            seller_id=row["seller_id"],
        )
    if application.debtor_id is not None and row["buyer_id"] != application.debtor_id:
        raise InputError(
            f"{kind} {name} is owed by {row['buyer_id']}, not by {application.debtor_id}", remedy="check the debtor"
        )
    if Decimal(row["amount"]) <= 0:
        raise InputError(
            f"{kind} {name} has an amount of {amount_text(Decimal(row['amount']))}: returns finance nothing",
            remedy="leave it out",
        )


def pair_documents(
    store: CreditStore, documents: Sequence[Document], book: HeadroomBook, as_of: AsOf
) -> list[Document]:
    """All valid documents of the last year between the parties of some documents and those under common control."""
    if not documents:
        return []
    ends = sorted({party for each in documents for party in (each.seller_id, each.buyer_id)})
    wide = sorted({p for end in ends for p in book.under_control_with(end)})
    rows = store.read(
        "transactions",
        as_of=as_of,
        columns=COLUMNS,
        where={"seller_id": wide, "buyer_id": wide},
        since=min(min(each.issued_on for each in documents), months_before(book.book.day, 12))
        - timedelta(days=SETTLED_AFTER),
    )
    return [document_of(row, book) for row in rows.to_pylist() if row["status"] != "void"]


def dilution_of(pair: Sequence[Document], seller: str, buyer: str, day: date) -> Decimal:
    """Share of what was invoiced in the last year that came back as returns or credit notes, to six decimals."""
    mine = [d for d in pair if d.seller_id == seller and d.buyer_id == buyer and d.issued_on >= months_before(day, 12)]
    sold = sum((d.gross for d in mine if d.kind == "invoice" and d.gross > 0), ZERO)
    back = sum((abs(d.gross) for d in mine if d.kind == "credit_note" or (d.kind == "invoice" and d.gross < 0)), ZERO)
    return (back / sold).quantize(Decimal("0.000001")) if sold else ZERO


def fulfilment_of(store: CreditStore, seller: str, book: HeadroomBook, as_of: AsOf) -> tuple[Decimal | None, int]:
    """Of a seller's orders older than 90 days: the share that deliveries or invoices followed, and their number."""
    day = book.book.day
    rows = store.read(
        "transactions", as_of=as_of, columns=COLUMNS, where={"seller_id": [seller]}, since=months_before(day, 24)
    )
    documents = [document_of(row, book) for row in rows.to_pylist() if row["status"] != "void"]
    old = [
        d for d in documents if d.kind == "order" and d.issued_on < day - timedelta(days=SETTLED_AFTER) and d.gross > 0
    ]
    if not old:
        return None, 0
    done = total = ZERO
    for buyer in sorted({d.buyer_id for d in old}):
        ordered = [d for d in old if d.buyer_id == buyer]
        first, wanted = min(d.issued_on for d in ordered), sum((d.gross for d in ordered), ZERO)
        followed = [
            sum((d.gross for d in documents if d.buyer_id == buyer and d.kind == kind and d.issued_on >= first), ZERO)
            for kind in ("delivery", "invoice")
        ]
        done, total = done + min(max(followed), wanted), total + wanted
    return (done / total).quantize(Decimal("0.000001")), len(old)
