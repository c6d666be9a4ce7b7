"""Collections, the book's risk, e-receivables."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from graphcredit.client.book_models import BookRisk, EReceivable
from graphcredit.client.jobs import Jobs

AsOf = date | None


def _kept(**fields: Any) -> dict[str, Any]:
    """What is given, as the API takes it: amounts as text, days as ISO."""
    given = {name: value for name, value in fields.items() if value is not None}
    return {
        name: format(value, "f")
        if isinstance(value, Decimal)
        else value.isoformat()
        if isinstance(value, date)
        else value
        for name, value in given.items()
    }


class Collecting(Jobs):
    """What is owed and by when, and what was done about it."""

    def overdue(
        self, *, creditor_id: str | None = None, as_of: AsOf = None, page: int = 100
    ) -> Iterator[dict[str, Any]]:
        """Overdue debtors, largest sum first, with the age of the debt and the next step."""
        params = _kept(creditor_id=creditor_id, as_of=as_of, limit=page)
        yield from self._send.pages("/v1/overdue", "debtors", params=params)

    def case(self, party_id: str, *, creditor_id: str | None = None, as_of: AsOf = None) -> dict[str, Any]:
        """One debtor's case: open invoices, promises, history, next step with its letter, deadlines."""
        params = _kept(creditor_id=creditor_id, as_of=as_of)
        return dict(self._send.json("GET", f"/v1/parties/{quote(party_id, safe='')}/case", params=params))

    def collect(
        self,
        party_id: str,
        action: str,
        *,
        note: str = "",
        on: date | None = None,
        creditor_id: str | None = None,
        invoice_ids: Sequence[str] = (),
        key: str | None = None,
    ) -> dict[str, Any]:
        """Write down a step taken about a debtor.

        Raises:
            InputError: the policy knows no such step. NotFoundError: an unknown party.
        """
        body = _kept(action=action, note=note, on=on, creditor_id=creditor_id, invoice_ids=list(invoice_ids))
        return self._case_step(party_id, body, key)

    def promise(
        self, party_id: str, amount: Decimal, promised_for: date, *, note: str = "", key: str | None = None
    ) -> dict[str, Any]:
        """Write down a debtor's promise to pay."""
        return self._case_step(
            party_id, _kept(action="promise", amount=amount, promised_for=promised_for, note=note), key
        )

    def _case_step(self, party_id: str, body: dict[str, Any], key: str | None) -> dict[str, Any]:
        path = f"/v1/parties/{quote(party_id, safe='')}/case/steps"
        return dict(self._send.json("POST", path, body=body, write=True, key=key))

    def book_risk(self, *, scenarios: Sequence[str] = (), as_of: AsOf = None) -> BookRisk:
        """Expected loss, VaR, shortfall and granularity of the book, before and after stresses (all unless named)."""
        params = _kept(as_of=as_of, scenario=list(scenarios) or None)
        return BookRisk.of(self._send.json("GET", "/v1/book/risk", params=params))

    def e_receivables(
        self, *, issuer_id: str | None = None, holder_id: str | None = None, state: str | None = None, page: int = 100
    ) -> Iterator[EReceivable]:
        """E-receivables, newest first."""
        params = _kept(issuer_id=issuer_id, holder_id=holder_id, state=state, limit=page)
        yield from map(EReceivable.of, self._send.pages("/v1/e-receivables", "e_receivables", params=params))

    def e_receivable(self, certificate_id: str) -> EReceivable:
        """One e-receivable with its holders and chain."""
        return EReceivable.of(self._send.json("GET", f"/v1/e-receivables/{quote(certificate_id, safe='')}"))

    def issue_e_receivable(
        self,
        issuer_id: str,
        holder_id: str,
        amount: Decimal,
        due_on: date,
        *,
        decision_id: str | None = None,
        issued_on: date | None = None,
        key: str | None = None,
    ) -> EReceivable:
        """Issue under an approved decision, else on the issuer's headroom.

        Raises:
            CapacityError: more than limits, or the decision, leave.
        """
        body = _kept(issuer_id=issuer_id, holder_id=holder_id, amount=amount, due_on=due_on, issued_on=issued_on)
        body |= _kept(decision_id=decision_id)
        return EReceivable.of(self._send.json("POST", "/v1/e-receivables", body=body, write=True, key=key))

    def transfer_e_receivable(
        self,
        certificate_id: str,
        giver: str,
        taker: str,
        amount: Decimal,
        *,
        revision: int | None = None,
        on: date | None = None,
        key: str | None = None,
    ) -> EReceivable:
        """Pass on a part or the whole; with `revision`, only if it stands as it was read.

        Raises:
            ConflictError: it has changed since. InputError: more than is held, or part of it is financed.
        """
        body = _kept(giver=giver, taker=taker, amount=amount, revision=revision, on=on)
        path = f"/v1/e-receivables/{quote(certificate_id, safe='')}/transfer"
        return EReceivable.of(self._send.json("POST", path, body=body, write=True, key=key))

    def redeem_e_receivable(
        self, certificate_id: str, *, on: date | None = None, key: str | None = None
    ) -> EReceivable:
        """The issuer has paid: end it."""
        path = f"/v1/e-receivables/{quote(certificate_id, safe='')}/redeem"
        return EReceivable.of(self._send.json("POST", path, body=_kept(on=on), write=True, key=key))
