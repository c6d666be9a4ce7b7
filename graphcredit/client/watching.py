"""Alerts, reviews and the audit log."""

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import httpx

from graphcredit.client.jobs import Jobs
from graphcredit.client.models import Alert, AuditEntry, Job, Review
from graphcredit.client.problems import error_of


class Watching(Jobs):
    """What has changed, and who looked."""

    def alerts(
        self, *, party_id: str | None = None, kind: str | None = None, severity: str | None = None, page: int = 200
    ) -> Iterator[Alert]:
        """Recorded alerts, newest first."""
        params = {"party_id": party_id, "kind": kind, "severity": severity, "limit": page}
        yield from map(Alert.of, self._send.pages("/v1/alerts", "alerts", params=params))

    def check_alerts(
        self,
        *,
        since: date | None = None,
        as_of: date | None = None,
        parties: Sequence[str] | None = None,
        key: str | None = None,
    ) -> Job:
        """Start a job that looks for what has changed between two days and records it; see `wait`."""
        body = {
            "since": None if since is None else since.isoformat(),
            "as_of": None if as_of is None else as_of.isoformat(),
            "parties": list(parties) if parties else None,
        }
        return self._started("/v1/alerts/check", body, {}, key)

    def listen(self, *, after: str | None = None, seconds: int = 3600) -> Iterator[tuple[str, Alert]]:
        """New alerts as they are recorded, each with the event id to go on after; breaks are bridged.

        Args:
            after: the id of the last event seen, to miss none since; only new ones when absent.
            seconds: for so long.

        Raises:
            GraphCreditError: the server refuses.
        """
        failures = 0
        while True:
            try:
                headers = {"Last-Event-ID": after} if after else {}
                with self._send.stream("/v1/alerts/stream", params={"seconds": seconds}, headers=headers) as answer:
                    if answer.status_code >= 400:
                        answer.read()
                        raise error_of(answer)
                    failures = 0
                    for event, data in _events(answer.iter_lines()):
                        if "alert_id" in data:
                            after = event
                            yield event, Alert.of(data)
                return
            except httpx.TransportError:
                failures += 1
                if failures >= self._send.retries.attempts:
                    raise
                self._send.sleep(self._send.retries.first_wait * 2 ** (failures - 1))

    def reviews(
        self, *, since: date | None = None, as_of: date | None = None, everyone: bool = False, page: int = 200
    ) -> Iterator[Review]:
        """What the policy proposes for each customer's limit, strongest first."""
        params = {
            "since": None if since is None else since.isoformat(),
            "as_of": None if as_of is None else as_of.isoformat(),
            "all": "true" if everyone else None,
            "limit": page,
        }
        yield from map(Review.of, self._send.pages("/v1/reviews", "reviews", params=params))

    def rerate(self, *, since: date | None = None, as_of: date | None = None, key: str | None = None) -> Job:
        """Start a job that rates every company on a day and keeps the ratings; see `wait`, then `reviews`."""
        body = {
            "since": None if since is None else since.isoformat(),
            "as_of": None if as_of is None else as_of.isoformat(),
        }
        return self._started("/v1/reviews", body, {}, key)

    def audit(self, *, user: str | None = None, about: str | None = None, page: int = 200) -> Iterator[AuditEntry]:
        """Who saw and did what, newest first (administrators)."""
        params = {"user": user, "about": about, "limit": page}
        yield from map(AuditEntry.of, self._send.pages("/v1/audit", "entries", params=params))

    def verify_audit(self) -> dict[str, Any]:
        """Whether the audit log is as it was written (administrators)."""
        return dict(self._send.json("GET", "/v1/audit/verify"))


def _events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Id and data of each event of a stream."""
    event, data = "", ""
    for line in lines:
        if line.startswith("id:"):
            event = line[3:].strip()
        elif line.startswith("data:"):
            data += line[5:].strip()
        elif not line and data:
            yield event, json.loads(data)
            data = ""
