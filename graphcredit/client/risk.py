"""Parties, networks, scores and stress."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from graphcredit.client.jobs import Jobs
from graphcredit.client.models import BulkScores, Exposure, Headroom, Job, Party, Score, Stress

AsOf = date | None


def day_of(as_of: AsOf) -> dict[str, Any]:
    """The query of a day."""
    return {} if as_of is None else {"as_of": as_of.isoformat()}


class Risk(Jobs):
    """What is known of parties, and what follows from it."""

    def _of(self, party_id: str, what: str = "") -> str:
        return f"/v1/parties/{quote(party_id, safe='')}{what}"

    def search(self, text: str, *, as_of: AsOf = None, page: int = 50) -> Iterator[Party]:
        """Parties by name or number: exact first, then prefix, substring, similar spelling."""
        params = {"q": text, "limit": page, **day_of(as_of)}
        yield from map(Party.of, self._send.pages("/v1/parties", "parties", params=params))

    def party(self, party_id: str, *, as_of: AsOf = None) -> Party:
        """Who a party is.

        Raises:
            NotFoundError: it is not known as of the day, or not for this caller's eyes.
        """
        return Party.of(self._send.json("GET", self._of(party_id), params=day_of(as_of)))

    def facts(self, party_id: str, table: str, *, as_of: AsOf = None, page: int = 200) -> Iterator[dict[str, Any]]:
        """A party's facts of one canonical table, newest first."""
        params = {"limit": page, **day_of(as_of)}
        yield from self._send.pages(self._of(party_id, f"/facts/{quote(table, safe='')}"), "rows", params=params)

    def write_facts(self, table: str, rows: Sequence[Mapping[str, Any]], *, key: str | None = None) -> dict[str, Any]:
        """Record facts; what is wrong with the rows that were not written is under `problems`."""
        body = {"rows": [dict(row) for row in rows]}
        return dict(self._send.json("POST", f"/v1/facts/{quote(table, safe='')}", body=body, write=True, key=key))

    def groups(self, party_id: str, *, as_of: AsOf = None) -> list[dict[str, Any]]:
        """Groups of connected clients that a party belongs to."""
        return list(self._send.json("GET", self._of(party_id, "/groups"), params=day_of(as_of))["groups"])

    def all_groups(self, *, near: float = 0.0, as_of: AsOf = None, page: int = 100) -> Iterator[dict[str, Any]]:
        """All groups, the fullest first; only those that use at least the share `near` of their cap."""
        yield from self._send.pages("/v1/groups", "groups", params={"near": near, "limit": page, **day_of(as_of)})

    def exposure(self, party_id: str, *, as_of: AsOf = None) -> Exposure:
        """What uses up a party's limit."""
        return Exposure.of(self._send.json("GET", self._of(party_id, "/exposure"), params=day_of(as_of)))

    def headroom(self, party_id: str, *, debtor_id: str | None = None, as_of: AsOf = None) -> Headroom:
        """What may still be lent to a party, with the cap that binds."""
        params = {"debtor_id": debtor_id, **day_of(as_of)}
        return Headroom.of(self._send.json("GET", self._of(party_id, "/headroom"), params=params))

    def limit(self, party_id: str, *, as_of: AsOf = None) -> dict[str, Any]:
        """A party's own limit with all that it was made from."""
        return dict(self._send.json("GET", self._of(party_id, "/limit"), params=day_of(as_of)))

    def score(self, party_id: str, *, reasons: int = 12, as_of: AsOf = None) -> Score:
        """PD, grade and points with reasons."""
        params = {"reasons": reasons, **day_of(as_of)}
        return Score.of(self._send.json("GET", self._of(party_id, "/score"), params=params))

    def scores(self, party_ids: Iterable[str], *, as_of: AsOf = None) -> BulkScores:
        """Scores of up to 10,000 parties; those that cannot be scored have a problem each."""
        body = {"party_ids": list(party_ids)}
        return BulkScores.of(self._send.json("POST", "/v1/scores", body=body, params=day_of(as_of)))

    def network(
        self,
        party_id: str,
        *,
        depth: int = 2,
        layers: Sequence[str] | None = None,
        limit: int = 150,
        min_amount: float = 0.0,
        as_of: AsOf = None,
    ) -> dict[str, Any]:
        """A party's surroundings: nodes, edges, and how many were left out."""
        chosen = ",".join(layers) if layers else None
        params = {"depth": depth, "layers": chosen, "limit": limit, "min_amount": min_amount, **day_of(as_of)}
        return dict(self._send.json("GET", self._of(party_id, "/network"), params=params))

    def paths(self, source: str, target: str, *, max_length: int = 4, as_of: AsOf = None) -> list[dict[str, Any]]:
        """The strongest exposure paths between two parties."""
        params = {"max_length": max_length, **day_of(as_of)}
        found = self._send.json("GET", self._of(source, f"/paths/{quote(target, safe='')}"), params=params)
        return list(found["paths"])

    def stress(
        self, shock: Mapping[str, float], *, layers: Sequence[str] | None = None, top: int = 20, as_of: AsOf = None
    ) -> Stress:
        """What a failure does to everyone else and to lenders."""
        body = {"shock": dict(shock), "layers": list(layers) if layers else None, "top": top}
        return Stress.of(self._send.json("POST", "/v1/stress", body=body, params=day_of(as_of)))

    def stress_each(
        self,
        *,
        supply: bool = False,
        parties: Sequence[str] | None = None,
        top: int = 500,
        as_of: AsOf = None,
        key: str | None = None,
    ) -> Job:
        """Start the failure of each party alone (`supply`: the closure of each firm) as a job; see `wait`."""
        body = {"kind": "supply" if supply else "each", "parties": list(parties) if parties else None, "top": top}
        return self._started("/v1/stress/jobs", body, day_of(as_of), key)

    def stress_many(
        self, shocks: Mapping[str, Mapping[str, float]], *, top: int = 10, as_of: AsOf = None, key: str | None = None
    ) -> Job:
        """Start many named shocks as a job; see `wait`."""
        body = {"kind": "shocks", "shocks": {name: dict(shock) for name, shock in shocks.items()}, "top": top}
        return self._started("/v1/stress/jobs", body, day_of(as_of), key)

    def portfolio(self, *, as_of: AsOf = None) -> dict[str, Any]:
        """Exposure, expected loss, grades, concentrations, circles, worst sources of contagion."""
        return dict(self._send.json("GET", "/v1/portfolio", params=day_of(as_of)))

    def models(self) -> Iterator[dict[str, Any]]:
        """Every trained model, newest first."""
        yield from self._send.pages("/v1/models", "models")

    def model(self, model_id: str = "champion") -> dict[str, Any]:
        """One model: figures, calibration, most important features."""
        return dict(self._send.json("GET", f"/v1/models/{quote(model_id, safe='')}"))

    def promote(self, model_id: str, reason: str, *, key: str | None = None) -> dict[str, Any]:
        """Make a model the one that scores (administrators)."""
        path = f"/v1/models/{quote(model_id, safe='')}/promote"
        return dict(self._send.json("POST", path, body={"reason": reason}, write=True, key=key))
