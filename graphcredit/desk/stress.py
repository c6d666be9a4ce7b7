"""What a shock, or a failure, does to everybody: on the network of a day, prepared once."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from graphcredit.contagion.cascade import NetworkCascade, cascade
from graphcredit.contagion.cascade_system import CASCADE_LAYERS, RiskSystem, risk_system
from graphcredit.desk.books import statement_figures
from graphcredit.desk.known import Known
from graphcredit.desk.losses import LossesOfEach
from graphcredit.store import CreditStore

ESSENTIALITY = 1
"""House choices for stress without a sector study: every input is useful and none is vital, and a firm that defaults is
restructured and goes on producing; so supply spreads losses of production, and defaults spread over money."""


class StressDesk(ABC):
    """The part of the desk that answers what-ifs of the whole network."""

    store: CreditStore
    losses: LossesOfEach

    @abstractmethod
    def known(self, as_of: date | None = None) -> Known:
        """What is known of a day."""

    def risk_system(self, as_of: date | None = None, layers: Sequence[str] | None = None) -> RiskSystem:
        """All layers prepared for shocks, once per day and choice of layers."""
        known = self.known(as_of)
        chosen = tuple(layers) if layers else CASCADE_LAYERS
        self.with_books(known)
        system: RiskSystem = known.once(
            f"system:{chosen}",
            lambda: risk_system(known.network, layers=chosen, essentiality=ESSENTIALITY, defaulters_stop=False),
        )
        return system

    def with_books(self, known: Known) -> None:
        """Add equity, revenue and other figures of statements to the network's attributes, once."""

        def compute() -> bool:
            books = statement_figures(self.store, known.day, known.network)
            for name, values in books.items():
                known.network.attributes.setdefault(name, values)  # type: ignore[attr-defined]
            return True

        known.once("books", compute)

    def cascade(
        self, shock: Mapping[str, float], as_of: date | None = None, *, layers: Sequence[str] | None = None
    ) -> NetworkCascade:
        """What a shock does to everybody."""
        return cascade(self.risk_system(as_of, layers), dict(shock))

    def stress(
        self,
        shock: Mapping[str, float],
        as_of: date | None = None,
        *,
        layers: Sequence[str] | None = None,
        top: int = 20,
    ) -> dict[str, Any]:
        """A shock's losses as plain data, largest first, with the main path of each."""
        known = self.known(as_of)
        result = self.cascade(shock, known.day, layers=layers)
        ids, names = known.network.ids, known.network.attributes["name"]
        order = np.lexsort((np.arange(len(ids)), -result.loss))
        listed = [k for k in order[: top + len(shock)].tolist() if result.loss[k] > 0][:top]
        parties = []
        for k in listed:
            told = result.explain(k, top=1)
            path = told.contributions[0].path if told.contributions else (k,)
            parties.append(
                {
                    "party_id": str(ids[k]),
                    "name": str(names[k]),
                    "loss": float(result.loss[k]),
                    "by_layer": {layer: float(part[k]) for layer, part in result.losses.items() if part[k] > 0},
                    "defaulted": bool(result.defaulted[k]),
                    "round": int(result.round_of_default[k]) if result.defaulted[k] else None,
                    "path": [str(ids[step]) for step in path],
                }
            )
        before = result.round_of_default == 0
        return {
            "as_of": known.day.isoformat(),
            "shock": dict(shock),
            "layers": list(layers or CASCADE_LAYERS),
            "total_loss": float(result.loss.sum()),
            "book_loss": result.book_loss,
            "new_defaults": int((result.defaulted & ~before).sum()),
            "rounds": result.rounds,
            "converged": result.converged,
            "warnings": list(result.warnings),
            "parties": parties,
            "stale": known.stale,
        }

    def loss_shares(self, shock: Mapping[str, float], as_of: date | None = None) -> dict[str, float]:
        """Share of production or equity that each party loses to a shock; only those that lose."""
        known = self.known(as_of)
        result = self.cascade(shock, known.day)
        share = np.where(result.defaulted, 1.0, result.production_lost)
        return {str(known.network.ids[k]): float(share[k]) for k in np.flatnonzero(share > 0)}

    def impacts(self, as_of: date | None = None, *, tol: float = 1e-4) -> dict[str, Any]:
        """The loss that each party's failure alone would cause over receivables and loans, largest first."""
        known = self.known(as_of)
        self.with_books(known)

        def compute() -> dict[str, Any]:
            found = self.losses.of(known.network, tol=tol)
            names = known.network.attributes["name"]
            parties = [
                {
                    "party_id": str(party),
                    "name": str(names[known.network.index[str(party)]]),
                    "loss": loss,
                    "bound": bound,
                }
                for party, loss, bound in found.worst(len(found.loss))
                if loss > 0
            ]
            return {"as_of": known.day.isoformat(), "warnings": list(found.warnings), "parties": parties}

        result: dict[str, Any] = known.once(f"impacts:{tol}", compute)
        return result
