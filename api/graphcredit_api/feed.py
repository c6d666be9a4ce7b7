"""Alerts as server-sent events: what is new since the last one seen, a heartbeat, and an end when the sign-in ends."""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from threading import Lock

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from graphcredit.exc import GraphCreditError, RateLimitError, StoreError
from graphcredit.monitor import list_alerts
from graphcredit.store import CreditStore, Record
from graphcredit_api.paging import encode_cursor

Place = tuple[datetime, str]
EVERY = 1.0  # seconds between two looks
HEARTBEAT = 15.0
SIGNED_IN = 30.0  # seconds between two looks at whether the sign-in still holds
OVERLAP = timedelta(seconds=5)  # clocks of several writers may differ by so much
PAGE, MOST = 200, 5_000


class AlertFeed:
    """What all streams of one application share: one look at the store for all of them."""

    def __init__(self, store: CreditStore, most: int) -> None:
        self.store, self.most = store, most
        self.open = 0
        self._lock = Lock()
        self._looked = 0.0
        self._newest: list[Record] = []

    def newest(self) -> list[Record]:
        """The newest alerts, newest first; looked up once a moment for all who ask."""
        with self._lock:
            if time.monotonic() - self._looked >= EVERY * 0.8:
                self._newest = list_alerts(self.store, limit=PAGE)
                self._looked = time.monotonic()
            return self._newest

    def since(self, place: Place) -> list[Record]:
        """Alerts after a place, oldest first; at most the newest 5,000."""
        found: list[Record] = []
        before: Place | None = None
        while len(found) < MOST:
            page = list_alerts(self.store, before=before, limit=PAGE)
            found += [record for record in page if place_of(record) > place]
            if len(page) < PAGE or place_of(page[-1]) <= place:
                break
            before = place_of(page[-1])
        return found[::-1]

    def enter(self) -> None:
        """Count a listener in.

        Raises:
            RateLimitError: as many as may listen do.
        """
        if self.open >= self.most:
            raise RateLimitError(
                f"{self.open} clients are listening", remedy="read GET /v1/alerts instead, or wait", retry_after=30
            )
        self.open += 1

    def leave(self) -> None:
        """Count a listener out."""
        self.open -= 1


def place_of(record: Record) -> Place:
    """Where an alert stands among all."""
    return (record.at or datetime.min, record.record_id)


def _event(record: Record) -> str:
    data = json.dumps({**record.body, "at": record.at.isoformat() if record.at else None}, ensure_ascii=False)
    return f"id: {encode_cursor(*place_of(record))}\nevent: alert\ndata: {data}\n\n"


async def stream(
    feed: AlertFeed,
    request: Request,
    last: Place | None,
    shown: Callable[[Record], bool],
    signed_in: Callable[[], object],
    *,
    seconds: float = 3600,
) -> AsyncIterator[str]:
    """Events for one client, until it leaves or its sign-in ends. Only alerts for which `shown` holds are told."""
    sent: deque[str] = deque(maxlen=4 * PAGE)
    began = beat = checked = time.monotonic()
    try:
        yield "retry: 3000\n\n"
        newest = await run_in_threadpool(feed.newest)
        sent.extend(record.record_id for record in newest if last is None or place_of(record) <= last)
        if last is None:
            last = place_of(newest[0]) if newest else (datetime.min, "")
        else:
            for record in await run_in_threadpool(feed.since, last):
                sent.append(record.record_id)
                last = place_of(record)
                if shown(record):
                    yield _event(record)
        while time.monotonic() - began < seconds and not await request.is_disconnected():
            try:
                fresh = await run_in_threadpool(feed.newest)
                if time.monotonic() - checked >= SIGNED_IN:
                    await run_in_threadpool(signed_in)
                    checked = time.monotonic()
            except StoreError:
                fresh = []  # away: the client waits with us, and misses nothing when it is back
            except GraphCreditError as error:
                yield f"event: end\ndata: {json.dumps({'code': error.code})}\n\n"
                return
            if len(fresh) == PAGE and place_of(fresh[-1]) > last:
                fresh = (await run_in_threadpool(feed.since, last))[::-1]
            for record in reversed(fresh):
                place = place_of(record)
                late = last[0] != datetime.min and place[0] < last[0] - OVERLAP
                if record.record_id in sent or late:
                    continue
                sent.append(record.record_id)
                last = max(last, place)
                if shown(record):
                    yield _event(record)
            if time.monotonic() - beat >= HEARTBEAT:
                yield ": still here\n\n"
                beat = time.monotonic()
            await asyncio.sleep(EVERY)
    finally:
        feed.leave()
