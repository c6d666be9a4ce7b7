"""PD with and without guarantees: beside the equation of the paper, and by possible worlds."""

from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from graphcredit.contagion import called_share
from graphcredit.desk import CreditDesk, pd_with_guarantees
from graphcredit.exc import NoModelError
from graphcredit.settings import Settings
from graphcredit.store import open_store
from tests.support.demo import Demo
from tests.support.stores import facts, party


@pytest.fixture
def desk(demo: Demo) -> Iterator[CreditDesk]:
    with open_store(demo.url, read_only=True) as store:
        yield CreditDesk(store, Settings(store=demo.url))


def test_a_call_takes_a_share_of_equity_and_all_of_it_where_there_is_none() -> None:
    given = np.array([[0, 50, 400], [30, 0, 0], [10, 0, 0]])
    share = called_share(given, [100.0, 0.0, 1000.0]).toarray()
    np.testing.assert_allclose(share, [[0, 0.5, 1], [1, 0, 0], [0.01, 0, 0]])


def test_the_closed_form_satisfies_the_equation_party_by_party(desk: CreditDesk) -> None:
    told = {row["party_id"]: row for row in pd_with_guarantees(desk, worlds=0)["parties"]}
    network = desk.known().network
    grades = desk.grades()
    given = network.matrix("guarantee")
    equity = network.attributes["equity_known"]
    assert len(told) == int((np.diff(given.indptr) > 0).sum()) > 50
    for name, row in told.items():
        k = network.index[name]
        survives = 1 - row["own_pd"]
        for at in range(given.indptr[k], given.indptr[k + 1]):
            obligor = str(network.ids[given.indices[at]])
            alone = grades[obligor][1] if obligor in grades else 0.0
            share = min(given.data[at] / equity[k], 1.0) if equity[k] > 0 else 1.0
            survives *= 1 - share * told.get(obligor, {"pd": alone})["pd"]
        assert row["pd"] == pytest.approx(1 - survives, abs=1e-9)
    assert max(row["pd"] - row["own_pd"] for row in told.values()) > 0.01


def test_worlds_agree_with_the_closed_form_where_nothing_goes_round(desk: CreditDesk) -> None:
    worlds = {row["party_id"]: row for row in pd_with_guarantees(desk, worlds=4000, seed=3)["parties"]}
    again = pd_with_guarantees(desk, worlds=4000, seed=3)["parties"]
    assert list(worlds.values()) == again
    network = desk.known().network
    graph = nx.from_scipy_sparse_array(network.matrix("guarantee"), create_using=nx.DiGraph)

    def is_tree(party: str) -> bool:
        root = network.index[party]
        behind = graph.subgraph({root, *nx.descendants(graph, root)})
        return nx.is_arborescence(behind)

    closed = [row for row in pd_with_guarantees(desk, worlds=0)["parties"] if is_tree(row["party_id"])]
    assert len(closed) > 20
    inside = [worlds[r["party_id"]]["lower"] <= r["pd"] <= worlds[r["party_id"]]["upper"] for r in closed]
    assert np.mean(inside) > 0.85  # of intervals that hold in 95 of 100 draws


def test_without_a_model_there_are_no_pds(tmp_path: Path) -> None:
    with open_store(f"duckdb:///{tmp_path}/x.duckdb") as store:
        store.upsert("parties", facts("parties", [party("A")]))
        with pytest.raises(NoModelError):
            pd_with_guarantees(CreditDesk(store, Settings(store=store.url)))
