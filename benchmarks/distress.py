"""Distress: every party's failure, a system-wide shock, one shock; parity first, then ratios.

    python -m benchmarks.distress [--quick] [--parties N]

Network: 5 claims a party, heavy-tailed, leverage (claims / equity) uniform up to .95, so losses amplify without saturating.
Peers in scipy, written from the equations: a dense sweep per failed party (sampled, extrapolated), and sparse products to 1e-8.
"""

import time
from typing import Any

import numpy as np
from scipy import sparse

from benchmarks.harness import Measured, csr, measure, options, parity, peak_mb, report, row
from graphcredit.contagion import impact_of_each, impact_update, linear_debtrank, prepare, shock_one

SWEEPS, SHOTS, CHANGES = 5, 100, 10


def draw(n: int) -> tuple[sparse.csr_array, np.ndarray]:
    """Claims and equity."""
    claims = csr(n, 5 * n)
    rng = np.random.default_rng(1)
    leverage = rng.uniform(0.05, 0.95, n)
    return claims, np.asarray(claims.sum(axis=1)).ravel() / leverage + rng.lognormal(0, 1, n)


def sweep(lam: sparse.csr_array, first: np.ndarray, tol: float) -> np.ndarray:
    """The peer: h(t+1) = min(1, h + Lam (h(t) - h(t-1))) in scipy."""
    h, step = first.copy(), first.copy()
    while step.max() > tol:
        step = np.minimum(lam @ step, 1.0 - h)
        h += step
    return h


def each(claims: sparse.csr_array, equity: np.ndarray, lam: sparse.csr_array) -> tuple[Any, ...]:
    """Loss of every failure to 1e-4."""
    n, v = len(equity), equity / equity.sum()
    impact_of_each(claims[:50][:, :50], equity[:50])  # compile
    ours = measure(lambda: impact_of_each(claims, equity, tol=1e-4))
    sample = np.random.default_rng(3).choice(n, SWEEPS, replace=False)

    def peer() -> list[float]:
        return [float(np.delete(v * sweep(lam, np.eye(1, n, s)[0], 1e-12), s).sum()) for s in sample]

    theirs = measure(peer)
    if not ours.result.converged:
        raise SystemExit("not every loss is certified to 1e-4")
    parity("each failure", ours.result.loss[sample], theirs.result, rtol=1.01e-4, atol=1e-16)
    scaled = Measured(None, theirs.wall * n / SWEEPS, theirs.cpu * n / SWEEPS)
    ours = Measured(None, ours.wall, ours.cpu, peak_mb())
    return row("each failure, 1e-4", ours, scaled, "scipy sweep a seed", f"peer: {SWEEPS} seeds, extrapolated")


def system_wide(claims: sparse.csr_array, equity: np.ndarray) -> tuple[Any, ...]:
    """All parties shocked, to 1e-8; both from claims and equity."""
    first = np.random.default_rng(4).uniform(0, 0.1, len(equity))

    def peer() -> np.ndarray:
        made = claims.copy()
        made.data = made.data / np.repeat(equity, np.diff(made.indptr))
        return sweep(made, first, 1e-8)

    theirs = measure(peer, repeat=3)
    linear_debtrank(claims, equity, first, tol=1e-8)  # compile
    ours = measure(lambda: linear_debtrank(claims, equity, first, tol=1e-8), repeat=3)
    parity("system-wide", ours.result.stress, theirs.result, rtol=0, atol=1e-6)
    return row("system-wide shock, 1e-8", ours, theirs, "scipy", "ours also checks, bounds rho, weighs")


def one_shock(claims: sparse.csr_array, equity: np.ndarray) -> tuple[Any, ...]:
    """One failure with the paths of the largest loser, 1e-6, on a prepared system; then with every loser named to 1e-6."""
    system = prepare(claims, equity)
    seeds = np.random.default_rng(5).choice(len(equity), SHOTS, replace=False).tolist()
    times: list[tuple[float, float, float]] = []
    for s in [seeds[0], *seeds]:
        start = time.perf_counter()
        found = shock_one(system, {s: 1.0}, tol=1e-6)
        middle = time.perf_counter()
        found.explain(int(found.parties[np.argmax(np.where(found.parties == s, 0, found.stress))]))
        times.append((time.perf_counter() - start, middle - start, found.pushes))
    everyone = []
    for s in seeds:
        start = time.perf_counter()
        shock_one(system, {s: 1.0}, tol=1e-6, named=1e-6)
        everyone.append(time.perf_counter() - start)
    total, pushing, pushes = np.array(times[1:]).T
    note = f"p50 {np.median(total) * 1e3:.1f} ms, p99 {np.percentile(total, 99) * 1e3:.1f} ms; answer alone p50 "
    note += (
        f"{np.median(pushing) * 1e3:.1f}, p99 {np.percentile(pushing, 99) * 1e3:.1f}; {np.median(pushes):.0f} pushes; "
        f"losers named to 1e-6 instead of 1e-4: p99 {np.percentile(everyone, 99) * 1e3:.1f} ms"
    )
    return row("one shock with paths, 1e-6", Measured(None, float(total.mean()), float(total.mean())), note=note)


def changed(claims: sparse.csr_array, equity: np.ndarray) -> tuple[Any, ...]:
    """All losses after ten claims changed, beside computing them anew."""
    before = impact_of_each(claims, equity, tol=1e-4)
    after = claims.copy()
    after.data[np.random.default_rng(6).choice(claims.nnz, CHANGES, replace=False)] *= 1.5
    impact_update(impact_of_each(claims[:50][:, :50], equity[:50]), claims[:50][:, :50], equity[:50])  # compile
    ours = measure(lambda: impact_update(before, after, equity, tol=1e-4))
    anew = measure(lambda: impact_of_each(after, equity, tol=1e-4))
    parity("after a change", ours.result.impacts.loss, anew.result.loss, rtol=2.01e-4, atol=1e-16)
    note = f"{len(ours.result.renewed):,} parties computed anew"
    return row(f"the same after {CHANGES} claims changed", ours, anew, "all anew", note)


def main() -> None:
    given = options(__doc__, ("parties", 1_000_000, "size of the network"))
    n = 20_000 if given.quick else given.parties
    claims, equity = draw(n)
    lam = claims.copy()
    lam.data = claims.data / np.repeat(equity, np.diff(claims.indptr))
    rows = [system_wide(claims, equity), one_shock(claims, equity), each(claims, equity, lam), changed(claims, equity)]
    report(f"distress, {n:,} parties, {claims.nnz:,} claims, 2 threads", rows)


if __name__ == "__main__":
    main()
