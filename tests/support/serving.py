"""The server as a user starts it, on a free port, until the test is done with it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

TRIES = 240


@contextmanager
def serving(store: str, log: Path, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a `graphcredit serve` that is ready; fails with its log where it never is."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "graphcredit", "serve", "--port", str(port), "--store", store]
    base = f"http://127.0.0.1:{port}"
    with log.open("w") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **(settings or {})}
        )
        try:
            for _ in range(TRIES):
                try:
                    if httpx.get(f"{base}/v1/ready", timeout=2).status_code == 200:
                        break
                except httpx.TransportError:
                    time.sleep(0.25)
            else:
                pytest.fail(f"the server did not start: {log.read_text()}")
            yield base
        finally:
            process.terminate()
            process.wait(20)
