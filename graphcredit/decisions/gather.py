"""Gather once everything a decision rests on; `judge` then needs nothing else, so that it can be replayed."""

from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import model_validator

from graphcredit.decisions.amounts import ZERO, from_units, units_of
from graphcredit.decisions.application import Application
from graphcredit.decisions.authenticity import circular_trade, match, related
from graphcredit.decisions.blocking import Standing, standing_of
from graphcredit.decisions.cover import OFFERED, Cover, CoverPart
from graphcredit.decisions.double_financing import already_financed, marks_of
from graphcredit.decisions.evidence import dilution_of, documents_of, fulfilment_of, pair_documents
from graphcredit.decisions.headroom import Headroom, HeadroomBook
from graphcredit.decisions.limits import Limit, LimitInputs, PartyScore, limit_from
from graphcredit.decisions.policy.model import Policy
from graphcredit.decisions.products import assess_product
from graphcredit.decisions.products.base import Assessment, Document, ProductFacts
from graphcredit.decisions.products.e_receivable import certificate_resource, read_certificate
from graphcredit.decisions.texts import Frozen, Reason
from graphcredit.exc import InputError
from graphcredit.store import AsOf, CreditStore


class Inputs(Frozen):
    """Everything that `judge` looks at, as it was; JSON-able without loss.

    Attributes:
        amount: applied for, in the book's currency; `book_rate` = book currency for one unit of the application's.
        party_score: of the applicant; risk_score: of who bears the risk, not written where that is the applicant.
        financed: documents of which a mark is claimed already.
        marks: document -> its marks.
    """

    application: Application
    policy_label: str
    as_of: date
    store_version: int
    amount: Decimal
    deposit: Decimal
    book_rate: Decimal
    party_score: PartyScore | None
    risk_score: PartyScore | None
    risk_party: str
    standings: tuple[Standing, ...]
    limit: Limit
    headroom: Headroom
    unsecured_available: Decimal
    facts: ProductFacts
    authenticity: tuple[Reason, ...]
    financed: dict[str, tuple[str, ...]]
    marks: dict[str, tuple[str, ...]]
    party_claimed: Decimal
    industry: str = ""

    @model_validator(mode="before")
    @classmethod
    def _same_score(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "risk_score" in given:
            return given
        return given | {"risk_score": given.get("party_score")}

    def told(self) -> dict[str, Any]:
        """Its fields as they are written and hashed."""
        fields = dict(self.__dict__)
        if self.risk_party == self.application.party_id and self.risk_score == self.party_score:
            del fields["risk_score"]
        return fields


def gather(
    store: CreditStore, application: Application, book: HeadroomBook, score: PartyScore | None, as_of: AsOf
) -> Inputs:
    """Read and compute what the decision rests on; see `gather_assessed`."""
    return gather_assessed(store, application, book, score, as_of)[0]


def gather_assessed(
    store: CreditStore, application: Application, book: HeadroomBook, score: PartyScore | None, as_of: AsOf
) -> tuple[Inputs, Assessment]:
    """Read and compute what the decision rests on, and what the product allows by it.

    Raises:
        NotFoundError: an unknown party, invoice, order or certificate.
        InputError: documents that the party cannot finance.
        CurrencyError: no rate into the book's currency.
    """
    positions, policy = book.book, book.policy
    book.position(application.party_id)
    for other in (application.debtor_id, application.seller_id, *(c.giver_id for c in application.cover)):
        if other is not None:
            book.position(other)
    rate = Decimal(repr(positions.rates.rate(application.currency, positions.day)))
    own_score = score or book.scores.get(application.party_id)
    documents, payments = documents_of(store, application, book, as_of)
    pair = pair_documents(store, documents, book, as_of)
    facts = _facts(store, application, book, documents, pair, as_of)
    translated = application.of(_book(application.amount, rate), _book(application.deposit, rate))
    assessment = assess_product(translated, facts, policy, own_score)
    risk = assessment.risk_party
    risk_score = own_score if risk == application.party_id else book.scores.get(risk)
    limit = _limit(book, risk, risk_score, application if risk == application.party_id else None, rate)
    debtor = assessment.debtor if assessment.exposure_share > 0 else None
    room, limit = book.room(risk, limit=limit, debtor_id=debtor, share=share_open(application, policy))
    marks = _marks(documents, pair, book)
    seller, buyer = (documents[0].seller_id, documents[0].buyer_id) if documents else ("", "")
    findings = (
        [
            *match(documents, pair, payments, positions.day, policy.trade),
            *circular_trade(book.network, seller, buyer),
            *related(book.network, seller, buyer),
        ]
        if documents
        else []
    )
    party_claim = f"limit:party:{risk}"
    made = Inputs(
        application=application,
        policy_label=policy.label,
        as_of=positions.day,
        store_version=positions.version,
        amount=translated.amount,
        deposit=translated.deposit,
        book_rate=rate,
        party_score=own_score,
        risk_score=risk_score,
        risk_party=risk,
        standings=tuple(standing_of(store, positions, p) for p in dict.fromkeys((application.party_id, risk))),
        limit=limit,
        headroom=room,
        unsecured_available=limit.own,
        facts=facts,
        authenticity=tuple(findings),
        financed={name: tuple(found) for name, found in already_financed(store, marks).items()},
        marks=marks,
        party_claimed=store.claimed([party_claim])[party_claim],
        industry=str(positions.industry[book.position(risk)]),
    )
    return made, assessment


def share_open(application: Application, policy: Policy) -> Decimal:
    """Share of the own limit of who bears the risk that is open to the product."""
    if application.product == "reverse_factoring":
        return policy.products["reverse_factoring"].number("buyer_share_of_limit")
    return Decimal(1)


def _book(amount: Decimal, rate: Decimal) -> Decimal:
    return amount if rate == 1 else (amount * rate).quantize(Decimal("0.01"))


def _facts(
    store: CreditStore,
    application: Application,
    book: HeadroomBook,
    documents: tuple[Document, ...],
    pair: list[Document],
    as_of: AsOf,
) -> ProductFacts:
    positions = book.book
    party = book.position(application.party_id)
    debtor = documents[0].buyer_id if documents else application.debtor_id
    made = ProductFacts(
        day=positions.day,
        documents=documents,
        debtor_id=debtor,
        debtor_score=book.scores.get(debtor) if debtor else None,
        seller_score=book.scores.get(application.seller_id) if application.seller_id else None,
    )
    if application.product == "factoring" and debtor:
        return made.but(dilution=dilution_of(pair, application.party_id, debtor, positions.day))
    if application.product == "order_finance":
        share, count = fulfilment_of(store, application.party_id, book, as_of)
        return made.but(fulfilment=share, past_orders=count)
    if application.product == "loan":
        flow = positions.stated("operating_cash_flow", party)
        service = _debt_service(book, party)
        return made.but(
            cash_flow=flow[0] if flow else None, cash_flow_source=flow[1] if flow else "", debt_service=service
        )
    if application.product == "e_receivable" and application.certificate_id:
        held = read_certificate(store, application.certificate_id)
        if held.state != "issued":
            raise InputError(
                f"e-receivable {held.certificate_id} is {held.state}", remedy="finance another certificate"
            )
        if held.balance(application.party_id) <= 0:
            raise InputError(
                f"{application.party_id} holds nothing of e-receivable {held.certificate_id}",
                remedy="only who holds it can finance it",
            )
        resource = certificate_resource(held.certificate_id, application.party_id)
        balance = held.received(application.party_id) - store.claimed([resource])[resource]
        if balance <= 0:
            raise InputError(
                f"all that {application.party_id} holds of e-receivable {held.certificate_id} is financed already",
                remedy="finance another certificate",
            )
        return made.but(
            certificate_balance=balance,
            certificate_held=held.received(application.party_id),
            certificate_due=held.due_on,
            certificate_issuer=held.issuer_id,
        )
    return made


def _debt_service(book: HeadroomBook, party: int) -> Decimal:
    """A year's interest on what is drawn, at each facility's own rate (the policy's funding cost and margin where unknown)."""
    facilities, pricing = book.book.facilities, book.policy.pricing
    usual = pricing.funding.value + pricing.operating.value
    total = ZERO
    for row in facilities.of_borrower(party):
        rate = facilities.rate[row]
        total += from_units(facilities.drawn[row]) * (usual if rate != rate else Decimal(repr(float(rate))))
    return total.quantize(Decimal("0.01"))


def _limit(
    book: HeadroomBook, risk: str, score: PartyScore | None, application: Application | None, rate: Decimal
) -> Limit:
    """The limit of who bears the risk, with the cover offered in the application."""
    offered = application.cover if application else ()
    if not offered:
        return book.limit(risk, score)
    inputs = book.limit_inputs(risk, score)
    parts = list(inputs.cover.parts)
    for each in offered:
        amount = _book(each.amount, rate)
        counted = offered_worth(book, risk, each.kind, each.giver_id, amount)
        parts.append(CoverPart(each.kind, OFFERED, each.giver_id or risk, amount, counted))
    cover = Cover(tuple(parts), inputs.cover.circular, inputs.cover.circle)
    made = LimitInputs(inputs.party_id, inputs.score, inputs.capacity, cover, inputs.contagion, inputs.dependence)
    return limit_from(made, book.policy)


def offered_worth(book: HeadroomBook, obligor: str, kind: str, giver_id: str | None, amount: Decimal) -> Decimal:
    """What offered cover counts for: an asset's share, or what the guarantor could pay besides all it has promised.

    A guarantor whom the party itself guarantees adds nothing up to what comes back round.
    """
    rule = book.policy.cover
    if kind in ("mortgage", "pledge", "insurance"):
        worth: Decimal = amount * getattr(rule, kind).value
        return worth
    if giver_id is None or giver_id == obligor:
        return ZERO
    giver, owner = book.position(giver_id), book.position(obligor)
    able = book.cover.ability(giver)
    promised = sum(book.cover.given.get(giver, {}).values())
    free = amount if able is None else min(amount, from_units(max(able - promised, 0)))
    back = from_units(book.cover.given.get(owner, {}).get(giver, 0))
    return max(from_units(units_of(free)) - back, ZERO)


def _marks(documents: tuple[Document, ...], pair: list[Document], book: HeadroomBook) -> dict[str, tuple[str, ...]]:
    root = {
        party: book.controller_of(party) for each in (*documents, *pair) for party in (each.seller_id, each.buyer_id)
    }
    made = {}
    for each in documents:
        sides = (root[each.seller_id], root[each.buyer_id])
        same_day = [
            d
            for d in pair
            if d.issued_on == each.issued_on and d.kind == each.kind and (root[d.seller_id], root[d.buyer_id]) == sides
        ]
        made[each.transaction_id] = marks_of(each, same_day, root)
    return made
