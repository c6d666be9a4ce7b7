"""Applications, decisions, orders, policies."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from graphcredit.client.jobs import Jobs
from graphcredit.client.models import BulkDecision, Decision, OrderCheck

AsOf = date | None


def _plain(value: Any) -> Any:
    """Amounts as text and days as ISO, as the API takes them."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def _day(as_of: AsOf) -> dict[str, Any]:
    return {} if as_of is None else {"as_of": as_of.isoformat()}


class Lending(Jobs):
    """What is lent to whom."""

    def check_application(self, application: Mapping[str, Any], *, as_of: AsOf = None) -> dict[str, Any]:
        """What an application would get now, or its faults; nothing is recorded."""
        body, params = _plain(application), _day(as_of)
        return dict(self._send.json("POST", "/v1/applications/check", body=body, params=params))

    def decide(self, application: Mapping[str, Any], *, key: str | None = None, as_of: AsOf = None) -> Decision:
        """Decide an application. Give a `key` of your own (an order's number) to be safe over restarts of your side, too.

        Raises:
            InputError: the application is not valid. NotFoundError: an unknown party. ConflictError: the key was used.
        """
        body = _plain(application)
        return Decision.of(self._send.json("POST", "/v1/decisions", body=body, params=_day(as_of), write=True, key=key))

    def decide_many(
        self,
        applications: Sequence[Mapping[str, Any]],
        *,
        key: str | None = None,
        as_of: AsOf = None,
        timeout: float = 3600.0,
    ) -> list[BulkDecision]:
        """Decide up to 10,000 applications; each has its decision or its problem. Waits for the job of a large bulk."""
        body = {"applications": _plain(list(applications))}
        answer = self._send.json("POST", "/v1/decisions/bulk", body=body, params=_day(as_of), write=True, key=key)
        found = self.wait(answer["job_id"], timeout=timeout) if "job_id" in answer else answer
        return [BulkDecision.of(each) for each in found["results"]]

    def decision(self, decision_id: str) -> Decision:
        """One decision with every number's source under `raw`."""
        return Decision.of(self._send.json("GET", f"/v1/decisions/{quote(decision_id, safe='')}"))

    def decisions(
        self, *, party_id: str | None = None, outcome: str | None = None, page: int = 100
    ) -> Iterator[Decision]:
        """Decisions, newest first."""
        params = {"party_id": party_id, "outcome": outcome, "limit": page}
        yield from map(Decision.of, self._send.pages("/v1/decisions", "decisions", params=params))

    def overrides(self, *, page: int = 100) -> Iterator[Decision]:
        """Decisions that a second person decided otherwise, newest first."""
        yield from map(Decision.of, self._send.pages("/v1/overrides", "decisions", params={"limit": page}))

    def replay(self, decision_id: str) -> dict[str, Any]:
        """Judge a decision again from its recorded inputs."""
        return dict(self._send.json("GET", f"/v1/decisions/{quote(decision_id, safe='')}/replay"))

    def _step(self, decision_id: str, what: str, body: dict[str, Any], key: str | None) -> Decision:
        path = f"/v1/decisions/{quote(decision_id, safe='')}/{what}"
        return Decision.of(self._send.json("POST", path, body=body, write=True, key=key))

    def approve(self, decision_id: str, *, reason: str = "", key: str | None = None) -> Decision:
        """Agree to a decision that waits for a second person."""
        return self._step(decision_id, "approve", {"reason": reason}, key)

    def override(
        self, decision_id: str, outcome: str, reason: str, *, amount: Decimal | None = None, key: str | None = None
    ) -> Decision:
        """Decide otherwise, as a second person with a reason."""
        body = {"outcome": outcome, "reason": reason, "amount": _plain(amount)}
        return self._step(decision_id, "override", body, key)

    def settle(self, decision_id: str, *, reason: str = "repaid", key: str | None = None) -> Decision:
        """Release what a decision claims."""
        return self._step(decision_id, "settle", {"reason": reason}, key)

    def check_order(
        self,
        party_id: str,
        amount: Decimal,
        *,
        kind: str = "order",
        currency: str | None = None,
        as_of: AsOf = None,
    ) -> OrderCheck:
        """Whether an order or quotation may go ahead."""
        body = {"party_id": party_id, "amount": _plain(amount), "kind": kind, "currency": currency}
        return OrderCheck.of(self._send.json("POST", "/v1/orders/check", body=body, params=_day(as_of)))

    def hold(self, party_id: str, reason: str, *, key: str | None = None) -> dict[str, Any]:
        """Stop a customer's orders."""
        path = f"/v1/parties/{quote(party_id, safe='')}/hold"
        return dict(self._send.json("POST", path, body={"reason": reason}, write=True, key=key))

    def release(self, party_id: str, reason: str, *, key: str | None = None) -> dict[str, Any]:
        """Let a customer's orders go ahead again."""
        path = f"/v1/parties/{quote(party_id, safe='')}/release"
        return dict(self._send.json("POST", path, body={"reason": reason}, write=True, key=key))

    def policy(self, label: str = "current") -> dict[str, Any]:
        """A policy by its label (id@version), the one in force, or the shipped one (`default`)."""
        return dict(self._send.json("GET", f"/v1/policies/{quote(label, safe='')}"))

    def adopt_policy(self, policy: Mapping[str, Any], *, key: str | None = None) -> dict[str, Any]:
        """Put a policy into force from its effective date (administrators)."""
        return dict(self._send.json("POST", "/v1/policies", body={"policy": _plain(policy)}, write=True, key=key))
