"""Connected clients: who stands and falls together, as overlapping groups with the reason and path of each membership.

CRR Art. 4(1)(39), EBA/GL/2017/15, Delegated Regulation (EU) 2024/1728, Basel LEX, CBIRC 2018. Control merges (undirected
closure over holdings above one half, controllers and branches). Economic dependence is directional: B depends on A when at
least half of B's receipts or expenditure, or a guarantee of that weight against B's own funds, runs through A. Groups are
closed from the root, so a client that depends on two unrelated ones is in two groups, which stay apart. Two clients that live
on the same source of repayment are both in its group. A shared sector, region or landlord connects nobody.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from graphcredit.exc import ShapeError, ValueRangeError
from graphcredit.network import GUARANTEE, OTHER, OWNERSHIP, TRADE, Network
from graphcredit.structure.client_groups import (
    CONTROL,
    GUARANTEED,
    PURCHASES,
    REASONS,
    REPAYMENT,
    SALES,
    ConnectedClients,
    Steps,
)
from graphcredit.structure.kernels_groups import reach_sums

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ConnectionRules:
    """Thresholds with their source; policy parameters.

    control: more than this share of equity (CRR Art. 4(1)(37)); dependence: at least this share of receipts or expenditure
    (EBA/GL/2017/15 par. 23-27); guarantee: at least this share of the guarantor's own funds (same weight as dependence);
    replaceable: a supplier whose industry has at least this many sellers can be replaced (par. 23(c); house choice), so
    purchases from it connect nobody; unknown industries are never taken as replaceable;
    repayment_kinds: relations that say "source_id is repaid out of target_id" (EBA/GL/2017/15 par. 23(f)).
    """

    control: float = 0.5
    dependence: float = 0.5
    guarantee: float = 0.5
    replaceable: int = 10
    control_kinds: tuple[str, ...] = ("controller", "branch")
    repayment_kinds: tuple[str, ...] = ("repayment_source",)


@dataclass
class _Ties:
    """Directed ties source -> target: the target belongs to the source's group."""

    source: list[npt.NDArray[np.int64]] = field(default_factory=list)
    target: list[npt.NDArray[np.int64]] = field(default_factory=list)
    share: list[Floats] = field(default_factory=list)
    reason: list[str] = field(default_factory=list)

    def add(self, source: Any, target: Any, share: Any, reason: str) -> None:
        if len(source):
            self.source.append(np.asarray(source, np.int64))
            self.target.append(np.asarray(target, np.int64))
            self.share.append(np.asarray(share, np.float64))
            self.reason.append(reason)


def connected_clients(
    network: Network,
    *,
    rules: ConnectionRules | None = None,
    own_funds: Any = None,
    receipts: Any = None,
    expenditure: Any = None,
) -> ConnectedClients:
    """Groups of connected clients.

    Args:
        network: layers ownership, trade, guarantee and other are read.
        rules: thresholds.
        own_funds: (n,), for guarantees; the attribute `equity`, else registered capital, when absent. nan = unknown, no link.
        receipts, expenditure: all income and spending, (n,); trade in the network when absent.

    Raises:
        ValueRangeError: a threshold outside (0, 1]; ShapeError: figures of another length than the network.
    """
    rules = rules or ConnectionRules()
    if not all(0 < value <= 1 for value in (rules.control, rules.dependence, rules.guarantee)):
        raise ValueRangeError("thresholds must lie in (0, 1]", remedy="use shares such as 0.5")
    for name, given in (("own_funds", own_funds), ("receipts", receipts), ("expenditure", expenditure)):
        if given is not None and np.shape(given) != (network.n,):
            raise ShapeError(
                f"{name} has shape {np.shape(given)}, not ({network.n},)", remedy="give one number a party"
            )
    control = _control(network, rules)
    ties = _dependence(network, rules, own_funds, receipts, expenditure)
    _, club = connected_components(_pattern(control, network.n), directed=False)
    return _close(network, rules, control, ties, club)


def _control(network: Network, rules: ConnectionRules) -> _Ties:
    ties = _Ties()
    layer = network.layer(OWNERSHIP)
    shares = layer.kinds.get("shareholder", layer.matrix).tocoo()
    strong = shares.data > rules.control
    ties.add(shares.coords[0][strong], shares.coords[1][strong], shares.data[strong], CONTROL)
    for kind in rules.control_kinds:
        if kind in layer.kinds:
            found = layer.kinds[kind].tocoo()
            ties.add(found.coords[0], found.coords[1], np.ones(found.nnz), CONTROL)
    return ties


def _dependence(network: Network, rules: ConnectionRules, own_funds: Any, receipts: Any, expenditure: Any) -> _Ties:
    ties = _Ties()
    layer = network.layer(TRADE)
    for matrix, given, reason in ((layer.matrix, receipts, SALES), (layer.transposed, expenditure, PURCHASES)):
        total = np.asarray(matrix.sum(axis=1)).ravel()
        if given is not None:
            total = np.maximum(total, np.nan_to_num(np.asarray(given, dtype=np.float64)))
        found = matrix.tocoo()
        share = found.data / np.where(total > 0, total, np.inf)[found.coords[0]]
        strong = share >= rules.dependence
        if reason == PURCHASES:
            strong &= ~_replaceable(network, layer.matrix, rules.replaceable)[found.coords[1]]
        ties.add(found.coords[1][strong], found.coords[0][strong], share[strong], reason)
    funds = own_funds
    if funds is None:
        funds = network.attributes.get(
            "equity", network.attributes.get("registered_capital", np.full(network.n, np.nan))
        )
    funds = np.asarray(funds, dtype=np.float64)
    given_for = network.matrix(GUARANTEE).tocoo()
    own = funds[given_for.coords[0]]
    share = np.divide(given_for.data, own, out=np.zeros(given_for.nnz), where=np.isfinite(own) & (own > 0))
    strong = share >= rules.guarantee
    ties.add(given_for.coords[1][strong], given_for.coords[0][strong], share[strong], GUARANTEED)
    for kind in rules.repayment_kinds:
        if kind in network.layer(OTHER).kinds:
            found = network.layer(OTHER).kinds[kind].tocoo()
            ties.add(found.coords[1], found.coords[0], np.ones(found.nnz), REPAYMENT)
    return ties


def _replaceable(network: Network, sales: sparse.csr_array, enough: int) -> npt.NDArray[np.bool_]:
    """Sellers whose industry is known and has enough sellers, (n,)."""
    industry = network.attributes.get("industry")
    if industry is None:
        return np.zeros(network.n, dtype=bool)
    codes, labels = pd.factorize(industry, use_na_sentinel=False)
    sellers = np.bincount(codes, np.diff(sales.indptr) > 0)
    known = np.array([not pd.isna(label) and str(label) != "" for label in labels], dtype=bool)
    return np.asarray((known & (sellers >= enough))[codes])


def _pattern(ties: _Ties, n: int) -> sparse.csr_array:
    if not ties.source:
        return sparse.csr_array((n, n))
    a, b = np.concatenate(ties.source), np.concatenate(ties.target)
    return sparse.csr_array((np.ones(len(a)), (a, b)), shape=(n, n))


def _close(
    network: Network, rules: ConnectionRules, control: _Ties, ties: _Ties, club: npt.NDArray[np.int32]
) -> ConnectedClients:
    """Groups closed from every root: a set of common control, or a circle of dependence, that depends on nobody else."""
    n = network.n
    steps = _steps(control, ties, n)
    roots = _roots(ties, steps, club) if len(steps.target) else np.zeros(0, np.int64)
    sizes = np.asarray(reach_sums(steps.indptr, steps.target, roots, np.ones(n, np.int64)), dtype=np.int64)
    roots, sizes = roots[sizes > 1], sizes[sizes > 1]
    largest = np.lexsort((roots, -sizes))  # ids are sorted: positions order as they do
    return ConnectedClients(network.ids, rules, roots[largest], sizes[largest], steps)


def _steps(control: _Ties, ties: _Ties, n: int) -> Steps:
    """Control leads both ways, dependence from the one depended on; each party's steps strongest first."""
    parts: list[tuple[Any, Any, Floats, str]] = []
    for a, b, share in zip(control.source, control.target, control.share, strict=True):
        parts += [(a, b, share, CONTROL), (b, a, share, CONTROL)]
    parts += zip(ties.source, ties.target, ties.share, ties.reason, strict=True)
    source = np.concatenate([np.zeros(0, np.int64), *(part[0] for part in parts)])
    target = np.concatenate([np.zeros(0, np.int32), *(part[1].astype(np.int32) for part in parts)])
    share = np.concatenate([np.zeros(0), *(part[2] for part in parts)])
    reason = np.concatenate(
        [np.zeros(0, np.int8), *(np.full(len(part[0]), REASONS.index(part[3]), np.int8) for part in parts)]
    )
    order = np.lexsort((target, -share, source))
    backward = np.lexsort((source, target))
    return Steps(
        _starts(source, n), target[order], share[order], reason[order],
        _starts(target, n), source[backward].astype(np.int32),
    )  # fmt: skip


def _starts(rows: Any, n: int) -> npt.NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.bincount(rows, minlength=n))])


def _roots(ties: _Ties, steps: Steps, club: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """One root a source circle: the member from whom most steps lead, then the first by id."""
    clubs, n = int(club.max()) + 1, len(club)
    between = _pattern(ties, n).tocoo()
    a, b = club[between.coords[0]], club[between.coords[1]]
    links = sparse.csr_array((np.ones(len(a)), (a, b)), shape=(clubs, clubs))
    count, circle = connected_components(links, directed=True, connection="strong")
    outer = circle[a] != circle[b]
    dependent = np.zeros(count, dtype=bool)
    dependent[circle[b][outer]] = True
    leads = np.diff(steps.indptr)
    origin = circle[club]
    fit = np.flatnonzero(~dependent[origin] & ((leads > 0) | (np.diff(steps.back_indptr) > 0)))
    order = fit[np.lexsort((fit, -leads[fit], origin[fit]))]
    first = np.concatenate([[True], origin[order][1:] != origin[order][:-1]])[: len(order)]
    return np.asarray(order[first], dtype=np.int64)
