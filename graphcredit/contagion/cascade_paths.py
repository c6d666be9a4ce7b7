"""Events and paths of a cascade over all layers, read from the moments that it kept.

Paths run over nodes that carry the time: what i lost by moment t, its production lost downstream and upstream by then, and
its default (once for each kind of claim on it, so that a path can say which). A default is explained by what the party had
lost when it happened, so no path runs in a circle of defaults.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from graphcredit.contagion.attribution import explain_paths, saturated
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
    failed = ((since >= 0) & (since < moment.rounds)).astype(np.float64)
    rows: Floats | None = None
    if layer == RECEIVABLE:
        matrix, columns = system.receivable, failed * system.receivable_lgd
    elif layer == LENDING:
        matrix, columns = system.lending, moment.severity
    else:
        matrix, columns, rows = system.guarantee, failed * system.called_share, moment.honoured
    made = matrix.copy()
    made.data = matrix.data * columns[matrix.indices]
    if rows is not None:
        made.data = made.data * np.repeat(rows, np.diff(matrix.indptr))
    return made


def ownership_losses(system: RiskSystem, before: Moment) -> sparse.csr_array:
    """M[i, j] = what i loses through its share in j, by what j had lost before."""
    worth = np.maximum(system.financials.equity, 0.0)
    made = system.ownership.copy()
    made.data = made.data * np.minimum(before.total, worth)[made.indices]
    return made


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


@dataclass(frozen=True)
class PathGraph:
    """loss = base + operator loss over nodes that carry the time; see the module's text."""

    n: int
    moments: int
    operator: sparse.csr_array
    base: Floats
    loss: Floats

    def explain(self, party: int, top: int) -> Explanation:
        """The largest paths to a party's loss, with steps inside one party left out and equal ones added up."""
        node = (self.moments - 1) * self.n + party
        found = explain_paths(self.operator, self.base, self.loss, node, top=4 * top, layer_of=self._layer)
        merged: dict[tuple[tuple[int, ...], tuple[str, ...]], float] = {}
        for part in found.contributions:
            parties = [place % self.n for place in part.path]
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
        kind = source // self.n
        names = (OWNERSHIP,) * self.moments + (SUPPLY,) * self.moments + (DEMAND,) * self.moments
        return (*names, DEFAULT, *CLAIMS)[kind]


def path_graph(system: RiskSystem, shock: Floats, outcome: Outcome) -> PathGraph:
    """The attribution operator of an outcome that kept its moments."""
    n, count = system.n, len(outcome.moments)
    since, books = outcome.since, system.financials
    none = sparse.csr_array((n, n), dtype=np.float64)
    kinds = 3 * count + 4
    blocks: list[list[sparse.csr_array | None]] = [[None] * kinds for _ in range(kinds)]
    for k in range(kinds):
        blocks[k][k] = none  # fixes the shape of every row and column of blocks
    stopped_by = np.where(since > 0, since, np.iinfo(np.int32).max) if system.defaulters_stop else np.full(n, 2**31 - 1)
    stopped_by = np.where(shock >= 1.0, 2**31 - 1, stopped_by)
    for t, moment in enumerate(outcome.moments):
        stopped = stopped_by < moment.rounds
        worse = moment.down >= moment.up
        blocks[t][count + t] = _diagonal(books.income * worse)
        blocks[t][2 * count + t] = _diagonal(books.income * ~worse)
        for place, layer in enumerate(CLAIMS):
            blocks[t][3 * count + 1 + place] = claim_losses(system, moment, since, layer)
        if t:
            owned = ownership_losses(system, outcome.moments[t - 1])
            lost = outcome.moments[t - 1].total
            owned.data = owned.data / np.where(lost > 0, lost, 1.0)[owned.indices]
            blocks[t][t - 1] = owned
        for place, down in ((count + t, True), (2 * count + t, False)):
            operator = production_operator(system, moment, down=down).copy()
            operator.data = operator.data * np.repeat(1.0 - stopped, np.diff(operator.indptr))
            blocks[place][place] = operator
            blocks[place][3 * count] = _diagonal(stopped * 1.0)
        happened = since == moment.rounds
        blocks[3 * count][t] = _diagonal(happened / np.where(moment.total > 0, moment.total, 1.0))
    for place in range(3):
        blocks[3 * count + 1 + place][3 * count] = _diagonal((since >= 0) * 1.0)
    operator = sparse.csr_array(sparse.block_array(blocks, format="csr"))
    operator.eliminate_zeros()
    defaulted = (since >= 0) * 1.0
    totals, downs, ups = ([getattr(m, name) for m in outcome.moments] for name in ("total", "down", "up"))
    loss = np.concatenate([*totals, *downs, *ups, *[defaulted] * 4])
    base = np.concatenate([np.zeros(n * count), *[shock] * (2 * count), (since == 0) * 1.0, np.zeros(3 * n)])
    return PathGraph(n, count, saturated(operator, base, loss), base, loss)


def _diagonal(values: Any) -> sparse.csr_array:
    return sparse.csr_array(sparse.diags_array(np.asarray(values, dtype=np.float64), format="csr"))
