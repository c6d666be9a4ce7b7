"""One network a (date, version) for all readers, and the last one, said to be stale, when the store is away."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from graphcredit.exc import StoreUnavailableError
from graphcredit.network import NetworkCache
from tests.network.facts import DAY, parties, put, sale, store_of

FACTS = {"parties": parties("a", "b"), "transactions": [sale("1", "a", "b", 100)]}


def test_readers_share_one_network_until_a_fact_is_written(tmp_path: Path) -> None:
    with store_of(tmp_path, FACTS) as store:
        cache = NetworkCache(store, keep=2)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: cache.get(DAY).network, range(8)))
        assert all(network is found[0] for network in found)
        put(store, "transactions", [sale("2", "a", "b", 5, recorded_at=datetime(2026, 2, 1))])
        after = cache.get(DAY).network
        assert after is not found[0]
        assert after.version > found[0].version
        for month in (3, 4, 5):
            cache.get(date(2026, month, 1))
        assert cache.get(DAY).network is not after  # bounded: the oldest went


def test_the_last_network_is_served_and_said_to_be_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with store_of(tmp_path, FACTS) as store:
        cache = NetworkCache(store)
        fresh = cache.get(DAY)
        assert not fresh.stale

        def away(*_: Any, **__: Any) -> int:
            raise StoreUnavailableError("the store is away", remedy="wait")

        monkeypatch.setattr(store, "version", away)
        assert cache.get(DAY).network is fresh.network
        assert cache.get(DAY).stale
        with pytest.raises(StoreUnavailableError):
            cache.get(date(2026, 1, 31))


def test_a_store_that_goes_away_while_building_serves_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store_of(tmp_path, FACTS) as store:
        cache = NetworkCache(store)
        before = cache.get(DAY).network
        put(store, "transactions", [sale("2", "a", "b", 5, recorded_at=datetime(2026, 2, 1))])

        def away(*_: Any, **__: Any) -> Any:
            raise StoreUnavailableError("the store is away", remedy="wait")

        monkeypatch.setattr(store, "read", away)
        snapshot = cache.get(DAY)
        assert snapshot.network is before
        assert snapshot.stale
