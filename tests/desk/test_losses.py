"""Losses of each failure after a change: the touched ones anew, all within the bounds of a fresh computation."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graphcredit.contagion import impact_of_each
from graphcredit.desk import CreditDesk, fail_each
from graphcredit.exc import JobCancelledError
from graphcredit.model.asof import as_of_moment
from graphcredit.network import Network
from graphcredit.settings import Settings
from graphcredit.store import open_store
from tests.support.demo import Demo
from tests.support.stores import facts

TOL = 1e-4


@pytest.fixture
def desk(demo: Demo, tmp_path: Path) -> Iterator[CreditDesk]:
    own = demo.copy(tmp_path / "demo")
    with open_store(own.url) as store:
        yield CreditDesk(store, Settings(store=own.url))


def lend(desk: CreditDesk, name: str, lender: str, borrower: str, drawn: int) -> None:
    day = desk.day()
    row = {
        "facility_id": name, "lender_id": lender, "borrower_id": borrower, "limit": drawn, "drawn": drawn,
        "currency": "CNY", "valid_from": day.isoformat(), "recorded_at": as_of_moment(day).replace(microsecond=0),
    }  # fmt: skip
    desk.store.upsert("facilities", facts("facilities", [row]))


def fresh(desk: CreditDesk) -> tuple[np.ndarray, np.ndarray]:
    network = desk.known().network
    found = impact_of_each(network, np.maximum(network.attributes["equity_known"], 1.0), tol=1e-9)
    return found.loss, found.bound


def test_a_new_loan_renews_those_it_reaches_and_the_answer_is_that_of_a_fresh_computation(desk: CreditDesk) -> None:
    desk.impacts(tol=TOL)
    count = desk.losses.renewed
    assert count == len(desk.known().network.ids)
    ids = [str(party) for party in desk.known().network.ids if str(party).startswith("F")]
    lend(desk, "NEW-1", ids[5], ids[17], 250_000)
    answer = desk.impacts(tol=TOL)
    assert 0 < desk.losses.renewed < count
    loss, bound = fresh(desk)
    index = desk.known().network.index
    told = {row["party_id"]: row for row in answer["parties"]}
    assert told
    for party, row in told.items():
        true = loss[index[party]]
        assert row["loss"] <= (true + bound[index[party]]) * (1 + 1e-9)
        assert true <= (row["loss"] + row["bound"]) * (1 + 1e-9)
        assert row["bound"] <= TOL * row["loss"]
    assert all(loss[at] <= 1e-12 for party, at in index.items() if party not in told)


def test_the_same_network_again_renews_nothing_and_an_earlier_day_is_answered_for_itself(desk: CreditDesk) -> None:
    first = desk.losses.of(with_books(desk), tol=TOL)
    again = desk.losses.of(with_books(desk), tol=TOL)
    assert desk.losses.renewed == 0
    np.testing.assert_allclose(again.loss, first.loss, rtol=TOL)
    at = pa.array([as_of_moment(desk.day()).replace(microsecond=0)], pa.timestamp("us"))
    desk.store.upsert(
        "parties", pa.table({"party_id": ["NEW"], "kind": ["company"], "name": ["NEW"], "recorded_at": at})
    )
    desk.impacts(tol=TOL)
    earlier = desk.impacts(desk.day().replace(year=desk.day().year - 1), tol=TOL)  # NEW was not there yet
    assert "NEW" not in {row["party_id"] for row in earlier["parties"]}


def test_a_sweep_does_not_depend_on_what_was_asked_before_and_may_be_cancelled(desk: CreditDesk, demo: Demo) -> None:
    desk.impacts(tol=TOL)
    lend(desk, "NEW-2", "F000001", "F000002", 10_000_000)

    def stop(done: int, of: int) -> None:
        raise JobCancelledError(f"stopped after {done} of {of}")

    with pytest.raises(JobCancelledError):
        fail_each(desk, tol=TOL, progress=stop)
    desk.impacts(tol=TOL)
    assert desk.losses.renewed < len(desk.known().network.ids)
    told: list[tuple[int, int]] = []
    swept = fail_each(desk, tol=TOL, progress=lambda done, of: told.append((done, of)))
    count = len(desk.known().network.ids)
    assert told[-1] == (count, count)
    assert swept["parties"] == fail_each(CreditDesk(desk.store, Settings(store=demo.url)), tol=TOL)["parties"]


def with_books(desk: CreditDesk) -> Network:
    known = desk.known()
    desk.with_books(known)
    return known.network
