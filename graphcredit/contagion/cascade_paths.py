"""Events and paths of a cascade over all layers, read from the moments that it kept.

Paths run over nodes that carry the time: what i lost by moment t, its production lost downstream and upstream by then, and
its default (once for each kind of claim on it, so that a path can say which). A default is explained by what the party had
lost when it happened, so no path runs in a circle of defaults.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from graphcredit.contagion.attribution import explain_paths
from graphcredit.contagion.cascade_system import SUPPLY, Moment, Outcome, RiskSystem
from graphcredit.contagion.inputs import Floats
from graphcredit.contagion.result import Contribution, Explanation
from graphcredit.network import GUARANTEE, LENDING, OWNERSHIP, RECEIVABLE

DEFAULT, DEMAND, SHOCK = "default", "demand", "shock"
CLAIMS = (RECEIVABLE, LENDING, GUARANTEE)


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: in `round`, `party` lost `amount` by `cause` because of `source` (None: the shock, or itself).

    `cause` is a layer, or "default", whose amount is what the party had lost by then.
    """

    round: int
    party: int
    cause: str
    amount: float
    source: int | None


def claim_losses(system: RiskSystem, moment: Moment, since: np.ndarray, layer: str) -> sparse.csr_array:
    """M[i, j] = what i lost by moment through `layer` because j defaulted."""
    made = getattr(system, layer).copy()
    made.data = made.data * _lost_share(system, moment, since, layer, made.indices)
    if layer == GUARANTEE:
        made.data = made.data * np.repeat(moment.honoured, np.diff(made.indptr))
    return made


def _lost_share(system: RiskSystem, moment: Moment, since: np.ndarray, layer: str, debtors: np.ndarray) -> Floats:
    """What was lost by moment of each unit claimed from (guaranteed for) `debtors`, of their shape; calls in full."""
    if layer == LENDING:
        return np.asarray(moment.severity[debtors])
    failed = (since[debtors] >= 0) & (since[debtors] < moment.rounds)
    return np.asarray(failed * (system.receivable_lgd if layer == RECEIVABLE else system.called_share)[debtors])


def ownership_losses(system: RiskSystem, before: Moment) -> sparse.csr_array:
    """M[i, j] = what i loses through its share in j, by what j had lost before."""
    made = system.ownership.copy()
    made.data = made.data * _written_down(system, before, made.indices)
    return made


def _written_down(system: RiskSystem, before: Moment, held: np.ndarray) -> Floats:
    """What the holders of all of `held` lose by what these had lost before, of their shape."""
    return np.asarray(np.minimum(before.total[held], np.maximum(system.financials.equity[held], 0.0)))


def production_operator(system: RiskSystem, moment: Moment, *, down: bool) -> sparse.csr_array:
    """M[i, j] = share of i's production lost for each unit of j's, in one direction."""
    if system.supply is None:
        return sparse.csr_array((system.n, system.n), dtype=np.float64)
    return system.supply.binding_inputs(moment.down) if down else system.supply.lu


def events(system: RiskSystem, shock: Floats, outcome: Outcome, *, least: float = 0.0) -> Iterator[Event]:
    """All events by round, layer and party; losses below `least` are left out.

    What a party lost by a layer is the sum of its events; a guarantor that can pay less than it first could has a
    negative one.
    """
    n, past = system.n, Moment(0, shock * 0, shock * 0, {}, shock * 0, shock * 0, shock * 0)
    for party in np.flatnonzero(outcome.since == 0).tolist():
        yield Event(0, party, DEFAULT, 0.0, None)
    supply_before = np.zeros(n)
    for moment in outcome.moments:
        gained = moment.parts[SUPPLY] - supply_before
        supply_before = moment.parts[SUPPLY]
        hit = np.flatnonzero(gained > max(least, 1e-12 * float(gained.max(initial=0.0))))
        for party, source in zip(hit.tolist(), _nearest(system, moment, hit), strict=True):
            yield Event(moment.rounds, party, SUPPLY, float(gained[party]), source)
        for layer in CLAIMS:
            now = claim_losses(system, moment, outcome.since, layer)
            then = 0.0 * now.data if past.rounds == 0 else claim_losses(system, past, outcome.since, layer).data
            yield from _changes(now, now.data - then, moment.rounds, layer, least)
        if system.ownership.nnz:
            now = ownership_losses(system, moment)
            then = 0.0 * now.data if past.rounds == 0 else ownership_losses(system, past).data
            yield from _changes(now, now.data - then, moment.rounds, OWNERSHIP, least)
        for party in np.flatnonzero(outcome.since == moment.rounds).tolist():
            yield Event(moment.rounds, party, DEFAULT, float(moment.total[party]), None)
        past = moment


def _changes(matrix: sparse.csr_array, change: Floats, rounds: int, layer: str, least: float) -> Iterator[Event]:
    entries = np.flatnonzero(np.abs(change) > max(least, 1e-9 * float(np.abs(matrix.data).max(initial=0.0))))
    rows = np.searchsorted(matrix.indptr, entries, side="right") - 1
    for entry, row in zip(entries.tolist(), rows.tolist(), strict=True):
        yield Event(rounds, row, layer, float(change[entry]), int(matrix.indices[entry]))


def _nearest(system: RiskSystem, moment: Moment, parties: np.ndarray) -> list[int | None]:
    """The supplier or customer that each party's lost production came from most; None where it is the shock itself."""
    if system.supply is None:
        return [None] * len(parties)
    made: list[int | None] = []
    down, up = (production_operator(system, moment, down=flag) for flag in (True, False))
    for party in parties.tolist():
        worse = moment.down[party] >= moment.up[party]
        operator, loss = (down, moment.down) if worse else (up, moment.up)
        part = slice(operator.indptr[party], operator.indptr[party + 1])
        passed = operator.data[part] * loss[operator.indices[part]]
        enough = len(passed) and passed.sum() >= loss[party] * (1 - 1e-3)
        made.append(int(operator.indices[part][int(np.argmax(passed))]) if enough else None)
    return made


Row = tuple[np.ndarray, Floats]


@dataclass(frozen=True)
class PathGraph:
    """loss = base + operator loss over nodes that carry the time; see the module's text.

    Node kind * n + party; kinds: what was lost by each kept moment, then production lost downstream by each, upstream by
    each, default, and default as each kind of claim meets it. Rows of the operator are worked out where a path meets them:
    of the hundreds of thousands of a large network, a few hundred.
    """

    system: RiskSystem
    shock: Floats
    outcome: Outcome
    _rows: dict[int, Row] = field(default_factory=dict, repr=False)

    def explain(self, party: int, top: int) -> Explanation:
        """The largest paths to a party's loss, with steps inside one party left out and equal ones added up."""
        n = self.system.n
        node = (len(self.outcome.moments) - 1) * n + party
        found = explain_paths(self.row, self.base, self.loss, node, top=4 * top, layer_of=self._layer)
        merged: dict[tuple[tuple[int, ...], tuple[str, ...]], float] = {}
        for part in found.contributions:
            parties = [place % n for place in part.path]
            moved = [k for k in range(1, len(parties)) if parties[k] != parties[k - 1]]
            key = (parties[0], *(parties[k] for k in moved)), tuple(part.layers[k - 1] for k in moved)
            merged[key] = merged.get(key, 0.0) + part.amount
        largest = sorted(merged.items(), key=lambda entry: (-entry[1], entry[0]))[:top]
        total = found.total
        told = tuple(
            Contribution(path, layers, amount, amount / total if total else 0.0) for (path, layers), amount in largest
        )
        return Explanation(party, total, told, total - sum(part.amount for part in told))

    def _layer(self, _loser: int, source: int) -> str:
        kind, count = source // self.system.n, len(self.outcome.moments)
        names = (OWNERSHIP,) * count + (SUPPLY,) * count + (DEMAND,) * count
        return (*names, DEFAULT, *CLAIMS)[kind]

    @cached_property
    def loss(self) -> "Stacked":
        """What each node lost: money, production, 1 for a default."""
        totals, downs, ups = ([getattr(m, name) for m in self.outcome.moments] for name in ("total", "down", "up"))
        defaulted = (self.outcome.since >= 0).astype(np.float64)
        return Stacked([*totals, *downs, *ups, *[defaulted] * (1 + len(CLAIMS))])

    @cached_property
    def base(self) -> "Stacked":
        """What came of the shock itself."""
        count, none = len(self.outcome.moments), np.zeros(self.system.n)
        first = (self.outcome.since == 0).astype(np.float64)
        return Stacked([*[none] * count, *[self.shock] * (2 * count), first, *[none] * len(CLAIMS)])

    @cached_property
    def _income(self) -> Floats:
        return self.system.financials.income

    @cached_property
    def _left(self) -> list[Floats]:
        supply = self.system.supply
        return [supply.market_left(moment.down) for moment in self.outcome.moments] if supply else []

    def row(self, node: int) -> Row:
        """Sources of a node, ascending, and what it loses for each unit of theirs, so that loss = base + operator loss."""
        if (found := self._rows.get(node)) is not None:
            return found
        kind, party = divmod(node, self.system.n)
        parts = [
            (other * self.system.n + np.asarray(places), shares) for other, places, shares in self._entries(kind, party)
        ]
        sources = np.concatenate([np.zeros(0, dtype=np.int64), *(places for places, _ in parts)])
        shares = np.concatenate([np.zeros(0), *(part for _, part in parts)])
        received = float(np.cumsum(shares * self.loss.of(sources))[-1]) if len(sources) else 0.0
        factor = max(self.loss[node] - self.base[node], 0.0) / received if received > 0 else 0.0
        made = self._rows[node] = sources, shares * factor
        return made

    def _entries(self, kind: int, party: int) -> Iterator[tuple[int, Any, Floats]]:
        """(kind of the sources, parties, what is lost for each unit), before a cap cuts anything off."""
        system, moments, since = self.system, self.outcome.moments, self.outcome.since
        count, one = len(moments), np.ones(1)
        if kind < count:
            moment = moments[kind]
            if kind:
                before, (held, share) = moments[kind - 1], _row(system.ownership, party)
                lost = before.total[held]
                yield kind - 1, held, share * _written_down(system, before, held) / np.where(lost > 0, lost, 1.0)
            worse = count if moment.down[party] >= moment.up[party] else 2 * count
            yield worse + kind, [party], one * self._income[party]
            for place, layer in enumerate(CLAIMS):
                debtors, claim = _row(getattr(system, layer), party)
                lost = claim * _lost_share(system, moment, since, layer, debtors)
                yield 3 * count + 1 + place, debtors, lost * moment.honoured[party] if layer == GUARANTEE else lost
        elif kind < 3 * count:
            at = kind % count
            stopped = bool(system.defaulters_stop and self.shock[party] < 1 and 0 < since[party] < moments[at].rounds)
            if (supply := system.supply) is not None and not stopped:
                down = kind < 2 * count
                inputs = supply.binding_inputs_of(party, moments[at].down, self._left[at]) if down else None
                yield kind, *(inputs or _row(supply.lu, party))
            yield 3 * count, [party], one * stopped
        elif kind == 3 * count:
            at = next((k for k, moment in enumerate(moments) if moment.rounds == since[party]), -1)
            if at >= 0:
                total = moments[at].total[party]
                yield at, [party], one / (total if total > 0 else 1.0)
        elif since[party] >= 0:
            yield 3 * count, [party], one


@dataclass(frozen=True)
class Stacked:
    """Numbers of nodes kind * n + party without laying the kinds end to end."""

    kinds: list[Floats]

    def __getitem__(self, node: int) -> float:
        kind, party = divmod(node, len(self.kinds[0]))
        return float(self.kinds[kind][party])

    def of(self, nodes: np.ndarray) -> Floats:
        """The numbers of several nodes that ascend, (k,)."""
        kind, party = np.divmod(nodes, len(self.kinds[0]))
        made = np.empty(len(nodes))
        for k in np.unique(kind).tolist():
            made[kind == k] = self.kinds[k][party[kind == k]]
        return made


def _row(matrix: sparse.csr_array, party: int) -> Row:
    part = slice(matrix.indptr[party], matrix.indptr[party + 1])
    return matrix.indices[part], matrix.data[part]
