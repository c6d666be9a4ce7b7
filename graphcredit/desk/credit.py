"""Limits, decisions and orders through the desk: the policy in force, the day's network and the champion's scores."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from graphcredit.decisions import (
    Application,
    BookReport,
    Case,
    Decision,
    Exposure,
    Headroom,
    HeadroomBook,
    Limit,
    OrderCheck,
    PartyScore,
    Policy,
    Simulation,
    Worklist,
    book_report,
    case_of,
    check_order,
    exposure_of,
    headroom_book,
    load_policy,
    parse_application,
    policy_in_force,
    simulate_policy,
    worklist,
)
from graphcredit.decisions.collections import CollectionStep, Ledger, ledger_of, new_step, record_step, rule_of
from graphcredit.decisions.decide import application_resource, propose, recorded
from graphcredit.decisions.policy.adopt import KIND as POLICY
from graphcredit.decisions.proposal import Proposal, Witness
from graphcredit.desk.desk import CreditDesk
from graphcredit.desk.known import Known
from graphcredit.exc import NoModelError
from graphcredit.settings import get_settings

KEPT = 64
"""Policies of days asked for that are kept."""


def written_at(file: Path | None) -> tuple[int, int]:
    """When a file was written, and its size; zeros where there is none."""
    try:
        found = file.stat() if file is not None else None
    except OSError:
        return 0, 0
    return (found.st_mtime_ns, found.st_size) if found else (0, 0)


class Credit:
    """What is lent to whom, on one desk."""

    def __init__(self, desk: CreditDesk) -> None:
        self.desk = desk
        self.store = desk.store
        self._policies: dict[Any, Policy] = {}  # under what was true when each was read
        self._hashes: dict[int, tuple[Policy, int]] = {}

    def policy(self, as_of: date | None = None) -> Policy:
        """The policy of the settings' file, else the one adopted and in force on the day, else the shipped one."""
        file = self.desk.settings.policy or get_settings().policy
        day = self.desk.day(as_of)
        adopted, kept = self.store.stamp(POLICY), self._policies
        key = (file, *written_at(file)) if self.desk.settings.policy else (adopted, day, file, *written_at(file))
        if key in kept and (self.desk.settings.policy or adopted is not None):
            return kept[key]
        found = load_policy(file) if self.desk.settings.policy else policy_in_force(self.store, day)
        if len(kept) >= KEPT:
            kept.clear()
        kept[key] = found
        return found

    def _hash(self, policy: Policy) -> int:
        """Hash of all that a policy says; computed once for each object."""
        found = self._hashes.get(id(policy))
        if found is None or found[0] is not policy:
            if len(self._hashes) >= KEPT:
                self._hashes.clear()
            found = self._hashes[id(policy)] = (policy, hash(policy.model_dump_json()))
        return found[1]

    def _scores(self, known: Known, policy: Policy) -> dict[str, PartyScore] | None:
        """Scores of all companies by the champion; None leaves recorded ones in force (no model yet)."""
        try:
            model = self.desk.model()
        except NoModelError:
            return None
        grades = self.desk.grades(known.day)
        return {
            party: PartyScore(
                party_id=party,
                pd=Decimal(repr(float(pd))),
                grade=policy.scale.grade(float(pd)),
                model_id=model.model_id,
                as_of=known.day,
            )
            for party, (_, pd) in grades.items()
        }

    def book(self, as_of: date | None = None, *, policy: Policy | None = None) -> HeadroomBook:
        """The prepared book of a day; claims made later are seen by it."""
        known = self.desk.known(as_of)
        rules = policy or self.policy(known.day)

        def compute() -> HeadroomBook:
            scores = self._scores(known, rules)
            return headroom_book(self.store, rules, as_of=known.day, network=known.network, scores=scores)

        made: HeadroomBook = known.once(self._book_name(rules), compute)
        return made

    def _book_name(self, rules: Policy) -> str:
        return f"book:{rules.label}:{self._hash(rules)}:{self.desk.champion_id()}"

    def prepared(self, as_of: date | None = None) -> bool:
        """Whether limits and headroom of a day are computed from memory alone."""
        known = self.desk.prepared(as_of)
        if known is None:
            return False
        book: HeadroomBook | None = known.shared.get(self._book_name(self.policy(known.day)))
        return book is not None and book.settled

    def proposes_at_once(self, given: Application, as_of: date | None = None) -> bool:
        """Whether what to decide on an application is found in memory alone."""
        if given.product != "loan" or given.invoice_ids or given.order_ids:
            return False
        if not (self.prepared(as_of) and self.desk.scores_prepared(as_of)):
            return False
        name = application_resource(given)
        return name is None or not self.store.claimed([name])[name]  # else the earlier decision is looked up

    def limit(self, party_id: str, as_of: date | None = None) -> Limit:
        """A party's own limit."""
        book = self.book(as_of)
        book.position(party_id)
        return book.limit(party_id)

    def headroom(self, party_id: str, as_of: date | None = None, *, debtor_id: str | None = None) -> Headroom:
        """What may still be lent to a party, with the binding line."""
        book = self.book(as_of)
        book.position(party_id)
        return book.headroom(party_id, debtor_id=debtor_id)

    def exposure(self, party_id: str, as_of: date | None = None) -> Exposure:
        """What uses up a party's limit."""
        return exposure_of(self.store, party_id, book=self.book(as_of))

    def decide(
        self,
        application: Application | Mapping[str, Any],
        as_of: date | None = None,
        *,
        by: str = "system",
        witness: Witness | None = None,
    ) -> Decision:
        """Decide an application and record the decision; the applicant's explained score goes into it.

        Args:
            witness: keeps its audit entry with it.
        """
        given = application if isinstance(application, Application) else parse_application(application)
        return recorded(self.store, lambda: self.propose(given, as_of, by=by), witness)

    def propose(self, given: Application, as_of: date | None = None, *, by: str = "system") -> Proposal:
        """What would be decided now, with the applicant's explained score, whose rating is kept."""
        known = self.desk.known(as_of)
        book, score = self.book(known.day), None
        if given.party_id in known.network.index and book.scores:
            score = self.desk.score(given.party_id, known.day, record=False)
            self.desk.rate(score, known)
        return propose(self.store, given, book, score=score, as_of=known.day, by=by)

    def simulate(
        self, policy: Policy, parties: Sequence[str] = (), as_of: date | None = None, *, amount: Decimal | None = None
    ) -> Simulation:
        """What a policy would decide on the day."""
        known = self.desk.known(as_of)
        scores = self._scores(known, policy)
        return simulate_policy(
            self.store, policy, parties=parties, scores=scores, as_of=known.day, network=known.network, amount=amount
        )

    def check_order(
        self,
        party_id: str,
        amount: Decimal,
        as_of: date | None = None,
        *,
        kind: str = "order",
        currency: str | None = None,
    ) -> OrderCheck:
        """Whether an order or quotation of a customer may go ahead."""
        return check_order(self.store, party_id, amount, kind=kind, currency=currency, book=self.book(as_of))

    def book_report(self, as_of: date | None = None, *, scenarios: Sequence[str] = ()) -> BookReport:
        """Risk of all that is lent, before and after named stresses."""
        return book_report(self.store, self.book(as_of), scenarios)

    def _ledger(self, as_of: date | None) -> Ledger:
        """Positions of a day, without network and scores."""
        day = self.desk.day(as_of)
        return ledger_of(self.store, self.policy(day), day)

    def overdue(self, as_of: date | None = None, *, creditor_id: str | None = None, top: int | None = None) -> Worklist:
        """Everybody who is overdue, largest first, with the next step."""
        return worklist(self.store, self._ledger(as_of), creditor_id=creditor_id, top=top)

    def case(self, party_id: str, as_of: date | None = None, *, creditor_id: str | None = None) -> Case:
        """One debtor's case: what is overdue, what was done, what comes next."""
        return case_of(self.store, party_id, self._ledger(as_of), creditor_id=creditor_id)

    def collect(self, party_id: str, action: str, *, by: str, on: date | None = None, **more: Any) -> CollectionStep:
        """Write down a step taken about a debtor (see `decisions.collections.record_step`)."""
        step = new_step(action, on=self.desk.day(on), by=by, **more)
        return record_step(self.store, party_id, step, rule_of(self.policy(on)))
