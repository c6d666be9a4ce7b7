"""What every benchmark shares: a clock for CPU and wall, peak memory of a child process, parity, one table.

Use: parity first, then times, then ratios to a peer of the same run.

    from benchmarks.harness import child, measure, options, parity, report
    given = options(__doc__)
    ours, peer = measure(lambda: f(x)), measure(lambda: g(x))
    parity("f", ours.result, peer.result, rtol=1e-9)
    report("f", [row("f", ours, peer)])
"""

import argparse
import gc
import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse


@dataclass(frozen=True)
class Measured:
    """What the work returned, wall and CPU seconds (all threads), and the peak resident memory in MB where known."""

    result: Any
    wall: float
    cpu: float
    peak_mb: float = float("nan")


def measure(work: Callable[[], Any], *, repeat: int = 1) -> Measured:
    """Run here, in this process; the best of `repeat` runs by wall time."""
    best: Measured | None = None
    for _ in range(repeat):
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        result = work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        if best is None or wall < best.wall:
            best = Measured(result, wall, cpu)
    if best is None:
        raise ValueError("repeat must be 1 or more")
    return best


def peak_mb() -> float:
    """Peak resident memory of this process in MB (VmHWM: unlike ru_maxrss it does not inherit the parent's)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return float("nan")


def resident_mb() -> float:
    """Resident memory of this process now, in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


def _in_child(queue: Any, work: Callable[..., Any], args: tuple[Any, ...]) -> None:
    made = measure(lambda: work(*args))
    result = made.result if isinstance(made.result, Measured) else made
    queue.put(Measured(result.result, result.wall, result.cpu, peak_mb()))


def child(work: Callable[..., Any], *args: Any) -> Measured:
    """Run a module-level function in a fresh process, so that its peak memory is its own.

    Where `work` itself returns a `Measured`, its times stand (preparation is then not counted). Peak includes the interpreter
    and the libraries loaded. The result is pickled back: return small things.
    """
    context = multiprocessing.get_context("spawn")
    queue = context.SimpleQueue()
    process = context.Process(target=_in_child, args=(queue, work, args))
    process.start()
    while process.is_alive() and queue.empty():
        process.join(0.05)
    if queue.empty():
        raise SystemExit(f"{work.__name__} ended with exit code {process.exitcode} and no result")
    made: Measured = queue.get()
    process.join()
    return made


def parity(what: str, ours: Any, peer: Any, *, rtol: float = 1e-9, atol: float = 0.0) -> float:
    """Largest difference; ends the benchmark where ours and the peer's do not agree (no times without parity)."""
    a, b = np.asarray(ours, dtype=np.float64), np.asarray(peer, dtype=np.float64)
    if a.shape != b.shape:
        raise SystemExit(f"{what}: shapes {a.shape} and {b.shape} differ")
    gap = np.abs(a - b)
    if not np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=True):
        raise SystemExit(f"{what}: no parity, largest difference {np.nanmax(gap):.3g}")
    return float(np.nanmax(gap, initial=0.0))


def same_partition(what: str, ours: Any, peer: Any) -> None:
    """Two labellings group alike, whatever the labels; ends the benchmark otherwise."""
    _, a = np.unique(np.asarray(ours), return_inverse=True)
    _, b = np.unique(np.asarray(peer), return_inverse=True)
    pairs = np.unique(np.column_stack([a, b]), axis=0)
    if len(pairs) != int(a.max(initial=-1)) + 1 or len(pairs) != int(b.max(initial=-1)) + 1:
        raise SystemExit(f"{what}: the groups differ")


COLUMNS = ("task", "ours s", "ours CPU s", "peer", "peer s", "peer CPU s", "faster", "peak MB", "note")


def row(task: str, ours: Measured, peer: Measured | None = None, name: str = "", note: str = "") -> tuple[str, ...]:
    """A line of `report`; `faster` is the peer's CPU seconds over ours (wall times suffer when others use the machine)."""
    memory = "" if np.isnan(ours.peak_mb) else f"{ours.peak_mb:,.0f}"
    if peer is None:
        return (task, f"{ours.wall:.4g}", f"{ours.cpu:.4g}", name, "", "", "", memory, note)
    times = (f"{ours.wall:.4g}", f"{ours.cpu:.4g}", name, f"{peer.wall:.4g}", f"{peer.cpu:.4g}")
    return (task, *times, f"{peer.cpu / max(ours.cpu, 1e-12):.2f}x", memory, note)


def report(title: str, rows: Sequence[Sequence[Any]], columns: Sequence[str] = COLUMNS) -> None:
    """Print a table."""
    cells = [[str(c) for c in columns], *[[str(c) for c in line] for line in rows]]
    widths = [max(len(line[k]) for line in cells) for k in range(len(columns))]
    print(f"\n{title}")
    for number, line in enumerate(cells):
        print(
            "  ".join(
                c.ljust(w) if k in (0, 3) else c.rjust(w) for k, (c, w) in enumerate(zip(line, widths, strict=True))
            )
        )
        if number == 0:
            print("  ".join("-" * w for w in widths))
    print(flush=True)


def options(doc: str | None, *extra: tuple[str, int, str]) -> argparse.Namespace:
    """`--quick`, and whole numbers named as (option, default, help)."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a small size, to see that it runs")
    for name, default, text in extra:
        parser.add_argument(f"--{name}", type=int, default=default, help=text)
    return parser.parse_args()


def edges(n: int, m: int, seed: int = 7) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """About m distinct heavy-tailed directed ties without loops: rows, columns (int32), lognormal weights."""
    rng = np.random.default_rng(seed)
    sells, buys = rng.pareto(1.2, n) + 1, rng.pareto(1.5, n) + 1
    a = np.searchsorted(np.cumsum(sells) / sells.sum(), rng.random(m)).astype(np.int64)
    b = np.searchsorted(np.cumsum(buys) / buys.sum(), rng.random(m)).astype(np.int64)
    a, b = np.minimum(a, n - 1), np.minimum(b, n - 1)
    keys = np.unique(a[a != b] * n + b[a != b])
    return (keys // n).astype(np.int32), (keys % n).astype(np.int32), rng.lognormal(0, 1.5, len(keys))


def csr(n: int, m: int, seed: int = 7) -> sparse.csr_array:
    """The same ties as a canonical CSR matrix with int32 indices."""
    a, b, w = edges(n, m, seed)
    return sparse.csr_array(sparse.coo_array((w, (a, b)), shape=(n, n)).tocsr())
