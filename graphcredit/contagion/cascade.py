"""One cascade over all layers: from a shock through production, profit, claims, guarantees and shares to lenders and the book.

Order of events. Round 0: parties with shock 1 fail; parties without equity are in default already. Then each round
1. supply: firms lose production downstream and upstream (ESRI, esri.py), from the shock and from firms that defaulted before
   (which stop producing); lost production costs max(downstream, upstream) * (revenue - material cost) (the FSRI rule, fsri.py);
2. trade credit: sellers lose their receivables from parties that defaulted before, times receivable_lgd;
3. ownership: holders write down their share of what the held party had lost by the last round, up to its equity;
4. guarantees: guarantors of defaulted parties are called for the lenders' loss (for LGD times the guarantee where no lending
   is recorded), in proportion to what they guarantee; each pays at most what its equity leaves after its other losses, to all
   calls in proportion, and nothing if it failed itself: two parties that guarantee each other add nothing;
5. lending: lenders lose LGD times what they lent to defaulted parties, less what guarantors pay;
6. default: a party defaults whose losses reach its equity, or whose lost profit, receivables and paid guarantees reach its
   liquid assets (Tabachova et al. 2024).
Losses and defaults only grow, so the rounds end; they stop when nobody defaults and no loss moves by more than the tolerance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcredit.contagion.cascade_paths import Event, PathGraph, events
from graphcredit.contagion.cascade_system import CASCADE_LAYERS, Outcome, RiskSystem, risk_system, run
from graphcredit.contagion.financials import Financials
from graphcredit.contagion.inputs import Floats, as_position, as_shock
from graphcredit.contagion.result import Diagnostics, Explanation, Settled
from graphcredit.exc import ValueRangeError
from graphcredit.network import LENDING, Network


@dataclass(frozen=True)
class NetworkCascade(Settled):
    """What a shock does to everybody.

    Attributes:
        loss: money lost per party, all layers, (n,); losses: the same by layer (supply, receivable, guarantee, ownership,
            lending).
        defaulted: who is in default at the end, (n,); round_of_default: -1 = never, 0 = by the shock or before it, (n,).
        illiquid: whose default (also) came of want of liquid assets, (n,).
        production_lost: share of production, (n,) in [0, 1].
        honoured: share of the calls on a guarantor that it pays, (n,), 1 where it is not called.
        lender_loss: loss on lending per lender, (n,); book_loss: their sum.
        diagnostics: how the computation ended; its fields are also attributes.
    """

    loss: Floats
    losses: Mapping[str, Floats]
    defaulted: npt.NDArray[np.bool_]
    round_of_default: npt.NDArray[np.int32]
    illiquid: npt.NDArray[np.bool_]
    production_lost: Floats
    honoured: Floats
    lender_loss: Floats
    book_loss: float
    shock: Floats
    diagnostics: Diagnostics
    system: RiskSystem = field(repr=False)
    outcome: Outcome = field(repr=False)

    @property
    def new_defaults(self) -> npt.NDArray[np.int32]:
        """Who defaulted because of the shock, beyond those it failed, in order of round, (k,)."""
        found = np.flatnonzero(self.round_of_default > 0)
        order = np.lexsort((found, self.round_of_default[found]))
        return found[order].astype(np.int32)

    @cached_property
    def _paths(self) -> PathGraph:
        return PathGraph(self.system, self.shock, self.outcome)

    def explain(self, party: int | str, top: int = 10) -> Explanation:
        """The paths through which a party's loss came, in money; contributions and remainder sum to its loss."""
        return self._paths.explain(as_position(party, len(self.loss), self.system.network), top)

    def events(self, *, least: float = 0.0, most: int = 100_000) -> list[Event]:
        """Who lost what through whom, by round; losses below `least` left out.

        Raises:
            ValueRangeError: there are more than `most`: ask with a larger `least`.
        """
        found: list[Event] = []
        for event in events(self.system, self.shock, self.outcome, least=least):
            found.append(event)
            if len(found) > most:
                raise ValueRangeError(f"more than {most} events", remedy="leave out small losses with `least`")
        return found

    def table(self) -> pd.DataFrame:
        """One row a party that lost something or defaulted, largest loss first."""
        rows = np.flatnonzero((self.loss > 0) | (self.round_of_default >= 0))
        rows = rows[np.lexsort((rows, -self.loss[rows]))]
        columns: dict[str, Any] = {"party_id": self.system.network.ids[rows], "loss": self.loss[rows]}
        columns |= {layer: values[rows] for layer, values in self.losses.items()}
        columns |= {"production_lost": self.production_lost[rows], "round_of_default": self.round_of_default[rows]}
        return pd.DataFrame(columns)


def cascade(
    network: Network | RiskSystem,
    shock: Any,
    financials: Financials | None = None,
    *,
    layers: Sequence[str] = CASCADE_LAYERS,
    tol: float = 1e-8,
    max_rounds: int = 1000,
    **options: Any,
) -> NetworkCascade:
    """Run one shock through all layers; see the module's text for the order of events.

    Args:
        network: all parties, or a system prepared by `risk_system` (then financials, layers and options are its own).
        shock: share of production lost: {party: share}, or (n,) in [0, 1]. A party with shock 1 fails: it stops and defaults.
        financials: books; default `Financials.from_network`, with warnings for what stands in.
        layers: those that take part: supply, receivable, guarantee, ownership, lending.
        tol: in production shares, and relative to the largest loss.
        max_rounds: cap; reaching it is said in the result.
        options: essentiality, market, lgd, receivable_lgd, defaulters_stop of `risk_system`.

    Raises:
        InputError: an unknown layer, or sectors unknown to the essentiality.
        ShapeError, ValueRangeError, NotFoundError: malformed inputs, a shock outside [0, 1], unknown ids.
    """
    if not tol > 0 or max_rounds < 1:
        raise ValueRangeError(f"tol {tol}, max_rounds {max_rounds}", remedy="both must be positive")
    system = network if isinstance(network, RiskSystem) else risk_system(network, financials, layers=layers, **options)
    first = as_shock(shock, system.n, system.network)
    outcome = run(system, first, tol=tol, keep=True, max_rounds=max_rounds)
    last, since = outcome.last, outcome.since
    warnings = list(system.warnings)
    if not outcome.converged:
        warnings.append(f"not converged after {outcome.rounds} rounds: residual {outcome.residual:.3g}")
    radius = system.supply.radius if system.supply else None
    return NetworkCascade(
        loss=last.total,
        losses=MappingProxyType(dict(last.parts)),
        defaulted=since >= 0,
        round_of_default=since,
        illiquid=outcome.illiquid,
        production_lost=np.maximum(last.down, last.up),
        honoured=last.honoured,
        lender_loss=last.parts[LENDING],
        book_loss=float(last.parts[LENDING].sum()),
        shock=first,
        diagnostics=Diagnostics(
            outcome.rounds, outcome.residual, outcome.converged, "max, relative to the largest loss",
            radius.value if radius else float("nan"), radius.is_bound if radius else False, warnings=tuple(warnings),
        ),
        system=system,
        outcome=outcome,
    )  # fmt: skip
