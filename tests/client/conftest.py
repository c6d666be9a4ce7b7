"""The client against a real server."""

from collections.abc import Iterator

import pytest

from graphcredit.client import Client
from tests.api.conftest import PASSWORD, USERS, Live, live

__all__ = ["live"]
NAMES = {role: name for name, role in USERS.items()}


@pytest.fixture
def analyst(live: Live) -> Iterator[Client]:
    with Client(live.url, user=NAMES["analyst"], password=PASSWORD) as client:
        yield client


@pytest.fixture
def administrator(live: Live) -> Iterator[Client]:
    with Client(live.url, user=NAMES["administrator"], password=PASSWORD) as client:
        yield client


@pytest.fixture
def approver(live: Live) -> Iterator[Client]:
    with Client(live.url, user=NAMES["approver"], password=PASSWORD) as client:
        yield client
