"""Risk that comes over ties: distress received and caused, guarantees and their circles, defaults known nearby, owners."""

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from graphcredit.contagion import called_share, guarantee_spread, impact_of_each, linear_debtrank
from graphcredit.features.behaviour import known_defaults
from graphcredit.features.context import Context, Floats
from graphcredit.features.registry import Columns, describe, feature_group
from graphcredit.features.ties import ones, row_counts, row_max, row_share
from graphcredit.network import GUARANTEE, LENDING, OTHER, OWNERSHIP, RECEIVABLE, TRADE
from graphcredit.settings import get_settings

_c = describe("contagion", "graph", ("transactions", "payments", "facilities", "statements", "credit_events"))
EVEN_PD = 0.05  # house choice
EQUITY_OF_TURNOVER = 0.25  # where neither a statement nor a registered capital is known


def equity_of(context: Context) -> Floats:
    """Equity as far as known: statement, else registered capital, else a quarter of turnover, else a token amount."""
    if "best_equity" not in context.shared:
        nothing = np.full(context.n, np.nan)
        context.figures("statements")
        context.figures("trade")
        best = context.shared.get("equity", nothing)
        capital = context.network.attributes["registered_capital"].astype(np.float64)
        best = np.where(np.isnan(best), np.where(capital > 0, capital, np.nan), best)
        turnover = context.shared.get("turnover", nothing) * EQUITY_OF_TURNOVER
        best = np.where(np.isnan(best), np.where(turnover > 0, turnover, np.nan), best)
        context.shared["best_equity"] = np.where(np.isnan(best), 1e6, best)
    found: Floats = context.shared["best_equity"]
    return found


@feature_group(
    "contagion",
    "graph",
    _c(
        "debtrank_received",
        "share of equity",
        "equity lost to defaults known today (DebtRank)",
        "已知违约传染损失",
        sign=1,
        layer=RECEIVABLE,
    ),
    _c(
        "debtrank_caused",
        "log(1 + mean equities)",
        "loss that its failure would cause to others (DebtRank)",
        "违约外溢损失",
        layer=RECEIVABLE,
        towards="in",
    ),
    _c("receivables_to_equity", "ratio", "receivables against equity", "应收权益比", sign=1, layer=RECEIVABLE),
    _c(
        "largest_receivable_to_equity",
        "ratio",
        "largest receivable against equity",
        "最大单户应收权益比",
        sign=1,
        layer=RECEIVABLE,
    ),
)
def contagion(context: Context) -> Columns:
    """Linear DebtRank over receivables and loans; equity as `equity_of` says."""
    equity = equity_of(context)
    claims = sparse.csr_array(context.network.matrix(RECEIVABLE) + context.network.matrix(LENDING))
    usable = np.maximum(equity, 1.0)
    defaulted = known_defaults(context)
    received = linear_debtrank(claims, usable, defaulted, tol=1e-9, max_rounds=500)
    caused = impact_of_each(
        claims, usable, weights=usable / usable.sum(), tol=1e-2, threads=get_settings().threads or 2
    )
    receivable = context.network.matrix(RECEIVABLE)
    largest = row_max(receivable)
    return {
        "debtrank_received": received.stress,
        "debtrank_caused": np.log1p(np.minimum(caused.loss, 1.0) * context.n),
        "receivables_to_equity": np.minimum(np.asarray(receivable.sum(axis=1)).ravel() / usable, 50),
        "largest_receivable_to_equity": np.minimum(largest / usable, 50),
    }


_g = describe("guarantees", "graph", ("guarantees",), layer=GUARANTEE)


@feature_group(
    "guarantees",
    "graph",
    _g("guarantees_to_equity", "ratio", "guarantees given against equity", "对外担保权益比", sign=1, changeable=True),
    _g("cover_to_debt", "ratio", "guarantees received against loans", "获担保借款比", towards="in"),
    _g("circle_size", "count", "parties in its guarantee circle (1 = none)", "担保圈规模", sign=1),
    _g("mutual_guarantees", "count", "guarantees given and received with the same party", "互保对数", sign=1),
    _g("guarantee_chain_reach", "log(1 + count)", "guarantee chains of up to three steps", "三层内担保链条数", sign=1),
    _g(
        "guarantee_pd_added",
        "probability",
        "PD that guarantees given add, all else equal",
        "对外担保增加的违约概率",
        sign=1,
    ),
)
def guarantees(context: Context) -> Columns:
    """Guarantees given and received, circles (strongly connected components), mutual pairs, and the PD that they add.

    For the last, every firm is given the same PD of its own, so that it tells of the guarantees alone.
    """
    layer = context.network.layer(GUARANTEE)
    given, received = layer.matrix, layer.transposed
    debt = np.asarray(context.network.layer(LENDING).transposed.sum(axis=1)).ravel()
    _, component = connected_components(given, directed=True, connection="strong")
    step = ones(given)
    mutual = np.asarray(step.multiply(sparse.csr_array(step.T.tocsr())).sum(axis=1)).ravel()
    one = row_counts(step)  # chains are counted, not their distinct ends: products of sparse matrices fill up at hubs
    two = np.asarray(step @ one)
    cover = np.asarray(received.sum(axis=1)).ravel()
    spread = guarantee_spread(
        given, np.full(context.n, EVEN_PD), transmission=called_share(given, equity_of(context)), tol=1e-9
    )
    return {
        "guarantees_to_equity": np.minimum(
            np.asarray(given.sum(axis=1)).ravel() / np.maximum(equity_of(context), 1.0), 50
        ),
        "cover_to_debt": np.minimum(np.divide(cover, debt, out=np.full(context.n, np.nan), where=debt > 0), 10),
        "circle_size": np.bincount(component)[component].astype(np.float64),
        "mutual_guarantees": mutual,
        "guarantee_chain_reach": np.log1p(one + two + np.asarray(step @ two)),
        "guarantee_pd_added": spread.uplift,
    }


_d = describe("known_defaults", "graph", ("credit_events",), sign=1)


@feature_group(
    "known_defaults",
    "graph",
    _d("defaulted_customers_share", "share", "share of sales to customers in default", "违约客户销售占比", layer=TRADE),
    _d(
        "defaulted_suppliers_share",
        "share",
        "share of purchases from suppliers in default",
        "违约供应商采购占比",
        layer=TRADE,
        towards="in",
    ),
    _d(
        "defaulted_obligors_to_turnover",
        "ratio",
        "guarantees given for obligors in default, against turnover",
        "为违约人担保额占营收",
        layer=GUARANTEE,
    ),
    _d("defaulted_obligors", "count", "obligors in default that it guarantees", "被担保违约人数", layer=GUARANTEE),
    _d("defaulted_guarantors", "count", "guarantors in default", "违约担保人数", layer=GUARANTEE, towards="in"),
    _d(
        "defaulted_relatives",
        "count",
        "parties in default held or run by the same persons or firms",
        "同一控制下违约主体数",
        layer=OWNERSHIP,
    ),
    _d("defaulted_other_ties", "count", "parties in default among its other ties", "其他关系违约主体数", layer=OTHER),
    _d(
        "defaulted_second_order_share",
        "share",
        "share of sales, two steps down, to parties in default",
        "二阶违约客户占比",
        layer=TRADE,
    ),
    _d(
        "defaulted_chain_guarantees",
        "count",
        "obligors of its obligors in default",
        "二阶被担保违约人数",
        layer=GUARANTEE,
    ),
)
def defaults_nearby(context: Context) -> Columns:
    """Exposure to parties known to be in default on the day."""
    bad = known_defaults(context)
    network = context.network
    sales, purchases = (row_share(m) for m in (network.matrix(TRADE), network.layer(TRADE).transposed))
    given, received = (ones(m) for m in (network.matrix(GUARANTEE), network.layer(GUARANTEE).transposed))
    holders = ones(network.layer(OWNERSHIP).transposed)
    other = network.layer(OTHER)
    context.figures("trade")
    turnover = np.maximum(context.shared.get("turnover", np.zeros(context.n)), 1e5)
    first = np.asarray(sales @ bad)
    return {
        "defaulted_customers_share": first,
        "defaulted_suppliers_share": np.asarray(purchases @ bad),
        "defaulted_obligors_to_turnover": np.minimum(np.asarray(network.matrix(GUARANTEE) @ bad) / turnover, 20),
        "defaulted_obligors": np.asarray(given @ bad),
        "defaulted_guarantors": np.asarray(received @ bad),
        "defaulted_relatives": np.maximum(np.asarray(holders @ (holders.T @ bad)) - bad * np.diff(holders.indptr), 0),
        "defaulted_other_ties": np.asarray(ones(other.matrix) @ bad + ones(other.transposed) @ bad),
        "defaulted_second_order_share": np.asarray(sales @ first),
        "defaulted_chain_guarantees": np.asarray(given @ (given @ bad)),
    }


_o = describe("owners", "graph", ("ownership",), layer=OWNERSHIP, towards="in")


@feature_group(
    "owners",
    "graph",
    _o("share_of_persons", "share", "equity held by persons", "自然人持股比例"),
    _o("share_of_firms", "share", "equity held by firms", "法人持股比例"),
    _o("share_known", "share", "equity whose holder is known", "已知持股比例"),
    _o("person_firms_mean", "log(1 + count)", "firms that its persons also hold or run, mean", "关联自然人平均企业数"),
    _o("person_firms_max", "log(1 + count)", "firms that its persons also hold or run, most", "关联自然人最多企业数"),
    _o("relatives", "log(1 + count)", "firms with a common holder or manager", "同一控制企业数"),
    _o("capital_of_persons", "log(1 + CNY)", "registered capital that comes from persons", "自然人出资额"),
    _o("capital_of_firms", "log(1 + CNY)", "registered capital that comes from firms", "法人出资额"),
)
def owners(context: Context) -> Columns:
    """Where capital comes from, and how busy the people behind the party are."""
    layer = context.network.layer(OWNERSHIP)
    person = (context.network.attributes["kind"] == "person").astype(np.float64)
    shares = layer.transposed
    by_person, known = np.asarray(shares @ person), np.asarray(shares.sum(axis=1)).ravel()
    ties = ones(shares)
    runs = np.diff(layer.matrix.indptr).astype(np.float64)
    people = np.asarray(ties @ person)
    busy = np.asarray(ties @ (runs * person))
    persons = ties.multiply((runs * person)[None, :])
    most = row_max(sparse.csr_array(persons.tocsr()))
    relatives = np.maximum(np.asarray(ties @ runs) - np.diff(ties.indptr), 0)
    capital = np.nan_to_num(context.network.attributes["registered_capital"].astype(np.float64))
    held = np.diff(ties.indptr) > 0
    made = {
        "share_of_persons": by_person,
        "share_of_firms": known - by_person,
        "share_known": known,
        "person_firms_mean": np.log1p(np.divide(busy, people, out=np.zeros(context.n), where=people > 0)),
        "person_firms_max": np.log1p(most),
        "relatives": np.log1p(relatives),
        "capital_of_persons": np.log1p(np.maximum(by_person * capital, 0)),
        "capital_of_firms": np.log1p(np.maximum((known - by_person) * capital, 0)),
    }
    return {name: np.where(held, values, np.nan) for name, values in made.items()}
