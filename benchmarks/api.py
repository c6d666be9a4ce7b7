"""Score, headroom and decision over HTTP beside a bare FastAPI route, under the same load, in the same run.

Two servers in processes of their own: `graphcredit serve` on a DuckDB store of sample firms with a champion (and its twin, see
docs/decisions/0005-twin.md), and uvicorn with one FastAPI route that returns a small JSON. This process sends them requests by
the clock (open loop: late answers do not slow the next request down; a latency counts from when its request was due), a few
seconds each in turn, on the same cores.
The goal: p99 of each route within five times the bare route's, among all three at 200 requests a second and, harder, alone at
as many; the console's party page under 300 ms.

    python -m benchmarks.api [--quick] [--firms 100000] [--sizes 1000,10000] [--folder FOLDER]

Each size asked for is sampled, loaded and trained once in FOLDER (a temporary one unless given); above 100,000 firms the
champion of 100,000 scores. All routes are asked about the same firms in turn, as a loan system does that looks at the score
and the headroom before it applies. Decisions are written to a copy. The limit on requests a minute is raised, since all
requests come from one address.
"""

import argparse
import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import numpy as np

from benchmarks.harness import report
from benchmarks.open_loop import Load, body_of, get, post, status_of

RATE, SECONDS, ROUNDS, PAGES, GOAL, PAGE_GOAL = 200, 20.0, 4, 40, 5.0, 0.3
FIRMS = 100_000
SETTINGS = {"GRAPHCREDIT_RATE_LIMIT_PER_MINUTE": "600000", "GRAPHCREDIT_LOG_LEVEL": "WARNING"}
READY_WITHIN = 900.0
COLUMNS = ("route", "asked", "bad", "a second", "p50 ms", "p99 ms", "max ms", "x bare p50", "x bare p99", "CPU ms each")


# -- the stores


def prepared(firms: int, folder: Path) -> Path:
    """A store of that many sample firms with a champion; what is there already is used again."""
    from graphcredit.desk import CreditDesk
    from graphcredit.scoring import train
    from graphcredit.settings import get_settings
    from graphcredit.store import open_store
    from graphcredit_ingest import load
    from graphcredit_ingest.sample import generate

    path, sample = folder / f"api{firms}.duckdb", folder / f"sample{firms}"
    done = folder / f"api{firms}.done"
    if done.exists():
        return path
    for made in (path, sample, Path(f"{path}.models")):
        shutil.rmtree(made) if made.is_dir() else made.unlink(missing_ok=True)
    begin = time.perf_counter()
    generate(sample, firms=firms, format="parquet")
    with open_store(f"duckdb:///{path}") as store:
        load(store, [sample])
        loaded = time.perf_counter()
        desk = CreditDesk(store, get_settings())
        if firms > FIRMS:
            with open_store(f"duckdb:///{prepared(FIRMS, folder)}") as other:
                made_model = CreditDesk(other, get_settings()).model()
        else:
            made_model = train(store, models=["boosting"], folds=2, repeats=1).model
        desk.registry.save(made_model, by="benchmark")
        desk.registry.promote(made_model.model_id, "benchmark")
    shutil.rmtree(sample)
    done.write_text("sampled, loaded, trained\n")
    took = time.perf_counter()
    print(
        f"{firms:,} firms: sampled and loaded in {loaded - begin:.0f} s, trained in {took - loaded:.0f} s", flush=True
    )
    return path


def companies(path: Path, count: int = 20_000) -> list[str]:
    """Ids of companies of a store, in random order."""
    import duckdb

    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute("SELECT DISTINCT party_id FROM parties WHERE kind = 'company' ORDER BY 1").fetchall()
    ids = [str(row[0]) for row in rows]
    return [ids[k] for k in np.random.default_rng(7).permutation(len(ids))[:count]]


# -- the servers


def bare(port: int) -> None:
    """A FastAPI route without anything round it."""
    import uvicorn
    from fastapi import FastAPI

    app = FastAPI(openapi_url=None)

    @app.get("/bare")
    def answer() -> dict[str, object]:
        return {"party_id": "F000012", "grade": "BBB", "pd": 0.0123, "points": 612.5}

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


@contextmanager
def process(command: list[str], port: int, path: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server of its own, once it answers; ended with the block."""
    with log.open("wb") as out:
        started = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **SETTINGS})
    try:
        until = time.monotonic() + READY_WITHIN
        while asyncio.run(status_of(port, path)) != 200:
            if started.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"the server did not start: {log.read_text()[-2000:]}")
            time.sleep(0.2)
        yield started
    finally:
        started.terminate()
        try:
            started.wait(30)
        except subprocess.TimeoutExpired:  # it still works off what it was sent
            started.kill()
            started.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def twins_of(pid: int) -> list[int]:
    """Processes that a server has forked to compute beside it."""
    found = [text for each in Path(f"/proc/{pid}/task").glob("*/children") for text in each.read_text().split()]
    return [int(text) for text in found]


def cpu_of(pid: int) -> float:
    """CPU seconds that a server and its twin have used."""
    fields = [Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split() for each in (pid, *twins_of(pid))]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


def own_memory_of(pid: int) -> float:
    """Memory in MB that a process shares with nobody."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def peak_of(pid: int) -> float:
    """Peak resident memory of a process in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return float("nan")


# -- the load


@dataclass
class Found:
    """Latencies of one route over all rounds."""

    taken: list[float] = field(default_factory=list)
    order: list[int] = field(default_factory=list)
    asked: int = 0
    bad: int = 0
    seconds: float = 0.0
    cpu: float = 0.0

    def add(self, port: int, pid: int, requests: list[bytes], rate: float, good: tuple[int, ...]) -> None:
        """One round."""
        load, cpu, begin = Load(port), cpu_of(pid), time.perf_counter()
        asyncio.run(load.run(requests, rate))
        self.seconds += time.perf_counter() - begin
        self.cpu += cpu_of(pid) - cpu
        self.order += [self.asked + k for k in load.order]
        self.asked += len(requests)
        self.bad += len(requests) - sum(load.statuses.get(status, 0) for status in good)
        self.taken += load.taken

    def at(self, share: float) -> float:
        """A percentile in ms."""
        return float(np.percentile(self.taken, share)) * 1e3 if self.taken else float("nan")

    def part(self, k: int, of: int) -> "Found":
        """Of requests of several kinds in turn, those of the k-th kind."""
        return Found([taken for taken, at in zip(self.taken, self.order, strict=True) if at % of == k])

    def line(self, name: str, base: "Found") -> tuple[str, ...]:
        """A line of the table."""
        times = tuple(f"{value:.2f}" for value in (self.at(50), self.at(99), self.at(100)))
        ratios = tuple(f"{self.at(share) / base.at(share):.2f}" for share in (50, 99))
        speed = f"{len(self.taken) / self.seconds:.0f}"
        return (
            name,
            f"{self.asked}",
            f"{self.bad}",
            speed,
            *times,
            *ratios,
            f"{self.cpu / max(self.asked, 1) * 1e3:.2f}",
        )


def timed(port: int, path: str) -> float:
    """Seconds of one request alone; while the server still works off what it was sent, it is asked again a second later."""
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        begin = time.perf_counter()
        status = asyncio.run(status_of(port, path))
        if status == 200:
            return time.perf_counter() - begin
        if status != 503:
            break
        time.sleep(1)
    raise SystemExit(f"{path} answered {status}")


def routes(parties: list[str]) -> dict[str, Callable[[int], bytes]]:
    """The k-th request of each route."""
    of = [quote(party, safe="") for party in parties]

    def decision(k: int) -> bytes:
        """A loan that about a quarter of the firms get, with all that it claims; the others are declined."""
        content = {"party_id": parties[k % len(parties)], "product": "loan", "amount": "50000.00", "tenor_days": 180}
        return post("/v1/decisions", content)

    made: dict[str, Callable[[int], bytes]] = {
        "score": lambda k: get(f"/v1/parties/{of[k % len(of)]}/score"),
        "headroom": lambda k: get(f"/v1/parties/{of[k % len(of)]}/headroom"),
        "decision": decision,
    }
    each = list(made.values())
    return {**made, "all three": lambda k: each[k % 3](k)}


def measure(firms: int, folder: Path, seconds: float, rate: float) -> dict[str, Found]:
    """Serve a copy of a store, load it, print what it took."""
    kept = prepared(firms, folder)
    path = folder / f"served{firms}.duckdb"
    for left in folder.glob(f"{path.name}.w*"):  # of a run that was cut off
        left.unlink()
    shutil.copy(kept, path)
    shutil.rmtree(f"{path}.models", ignore_errors=True)
    shutil.copytree(f"{kept}.models", f"{path}.models")
    os.sync()  # else the disk would still write the copy while decisions are committed
    parties = companies(path)
    ours_port, bare_port = free_port(), free_port()
    here = [sys.executable, "-m"]
    begin = time.perf_counter()
    serve = [*here, "graphcredit", "serve", "--port", str(ours_port), "--store", f"duckdb:///{path}"]
    peer = [*here, "benchmarks.api", "--bare", str(bare_port)]
    with (
        process(serve, ours_port, "/v1/ready", folder / "serve.log") as ours,
        process(peer, bare_port, "/bare", folder / "bare.log") as other,
    ):
        ready = time.perf_counter() - begin
        while b'"caches":"warming"' in asyncio.run(body_of(ours_port, "/v1/ready")):
            time.sleep(0.2)
        warm = time.perf_counter() - begin
        while not twins_of(ours.pid) and time.perf_counter() - begin < warm + 10:
            time.sleep(0.2)
        party = quote(parties[0], safe="")
        first = {name: timed(ours_port, f"/v1/parties/{party}/{name}") for name in ("score", "headroom")}
        page = timed(ours_port, f"/parties/{party}")
        found = rounds(parties, {"bare": (bare_port, other.pid)}, (ours_port, ours.pid), seconds, rate)
        pages = [timed(ours_port, f"/parties/{quote(each, safe='')}") for each in parties[1 : 1 + PAGES]]
        memory, cpu = peak_of(ours.pid), cpu_of(ours.pid)
        twin = "".join(f" and {own_memory_of(each):,.0f} MB of the twin's own" for each in twins_of(ours.pid))
    title = (
        f"{firms:,} firms, DuckDB, {rate:g} requests/s, {seconds:g} s a route in {ROUNDS} turns, "
        f"{os.cpu_count()} cores shared with the load"
    )
    report(title, [each.line(name, found["bare"]) for name, each in found.items()], COLUMNS)
    said = ", ".join(f"{name} {p99:.2f} ms ({p99 / found['bare'].at(99):.2f}x)" for name, p99 in among(found).items())
    print(f"p99 of each among all three: {said}")
    cold = ", ".join(f"{name} {value:.2f} s" for name, value in first.items())
    print(
        f"ready after {ready:.1f} s, caches warm after {warm:.1f} s; first answers: {cold}, party page {page:.2f} s; "
        f"party page p50 {np.percentile(pages, 50) * 1e3:.0f} ms, p99 {np.percentile(pages, 99) * 1e3:.0f} ms "
        f"(goal {PAGE_GOAL * 1e3:.0f}); server CPU {cpu:.0f} s, peak {memory:,.0f} MB{twin}",
        flush=True,
    )
    return found


def among(found: dict[str, Found]) -> dict[str, float]:
    """p99 in ms of each route while all three are asked in turn."""
    names = [name for name in found if name not in ("bare", "all three")]
    return {name: found["all three"].part(k, len(names)).at(99) for k, name in enumerate(names)}


def rounds(
    parties: list[str], peer: dict[str, tuple[int, int]], ours: tuple[int, int], seconds: float, rate: float
) -> dict[str, Found]:
    """The bare route and ours in turn, several times over, so that a busy moment of the machine hits all alike."""
    asked = routes(parties)
    found = {name: Found() for name in ("bare", *asked)}
    each = int(rate * seconds / ROUNDS)
    for name, make in asked.items():  # connections, compiled code and caches of the interpreter
        Found().add(*ours, [make(k) for k in range(len(parties) - 100, len(parties))], rate / 4, (200, 201))
        print(f"warm: {name}", flush=True)
    for turn in range(ROUNDS):
        found["bare"].add(*peer["bare"], [get("/bare")] * each, rate, (200,))
        for name, make in asked.items():
            first = turn * each
            found[name].add(*ours, [make(k) for k in range(first, first + each)], rate, (200, 201))
    return found


def main() -> None:
    """All sizes in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="1,000 firms, a few seconds")
    parser.add_argument("--firms", type=int, default=FIRMS, help="firms of the largest store")
    parser.add_argument("--sizes", default="", help="smaller stores before it, separated by commas; the growth table")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of load on each route")
    parser.add_argument("--rate", type=float, default=RATE, help="requests a second")
    parser.add_argument("--folder", type=Path, help="where stores are made and kept; a temporary folder when absent")
    parser.add_argument("--bare", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare:
        bare(given.bare)
        return
    sizes = [int(each) for each in given.sizes.split(",") if each] + [given.firms]
    if given.quick:
        sizes, given.seconds = [1000], 4.0
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        grown = {firms: measure(firms, folder, given.seconds, given.rate) for firms in sizes}
    growth(grown)


def growth(grown: dict[int, dict[str, Found]]) -> None:
    """p99 by size, and whether the goal is met at the largest."""
    names = list(next(iter(grown.values())))
    lines = [(f"{firms:,} firms", *(f"{found[name].at(99):.2f}" for name in names)) for firms, found in grown.items()]
    report("p99 in ms by size", lines, ("size", *names))
    last = list(grown.values())[-1]
    for how, p99s in (("among all three", among(last)), ("alone", {name: last[name].at(99) for name in names})):
        missed = [name for name, p99 in p99s.items() if p99 > GOAL * last["bare"].at(99)]
        print(f"p99 within {GOAL:g}x of the bare route, {how}: {'all' if not missed else 'not ' + ', '.join(missed)}")


if __name__ == "__main__":
    main()
