"""ESRI of every firm against the published form in scipy: full sparse products for a block of scenarios.

    python -m benchmarks.esri [--quick]

Network: 5 links a firm, heavy-tailed sellers and buyers, 100 sectors, 15% of sector pairs essential, 35% non-essential,
revenue 1.25 x sales, market = sector, tolerance 1e-6, one thread. Parity comes first: the peer runs to 1e-9 on a sample, and
each of our indices must lie within its own certified bound of it. Why it is faster: closing one firm is linear upstream, so
one solution for all firms and a local correction each replace 40 rounds over every firm; downstream only firms with a loss
that still matters are visited.
"""

import argparse
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from graphcredit.contagion import esri_all
from graphcredit.contagion.supply_inputs import economy

SECTORS, LINKS, TOL = 100, 5, 1e-6


def draw(n: int, seed: int = 7) -> tuple[sparse.csr_array, np.ndarray, np.ndarray, np.ndarray]:
    """Sales, sector, essentiality, revenue."""
    rng = np.random.default_rng(seed)
    sells, buys = rng.pareto(1.2, n) + 1, rng.pareto(1.5, n) + 1
    seller = rng.choice(n, LINKS * n, p=sells / sells.sum())
    buyer = rng.choice(n, LINKS * n, p=buys / buys.sum())
    kept = seller != buyer
    amounts = rng.lognormal(0, 1.5, int(kept.sum()))
    W = sparse.coo_array((amounts, (seller[kept], buyer[kept])), shape=(n, n)).tocsr()
    W.sum_duplicates()
    pair = rng.random((SECTORS, SECTORS))
    need = np.where(pair < 0.15, 2, np.where(pair < 0.5, 1, 0))
    return W, rng.integers(0, SECTORS, n), need, 1.25 * np.asarray(W.sum(axis=1)).ravel()


class Published:
    """The equations as sparse products over a block of scenarios; imports nothing of ours."""

    def __init__(self, W: sparse.csr_array, p: np.ndarray, e: np.ndarray, revenue: np.ndarray) -> None:
        n = W.shape[0]
        self.n, self.out, self.p = n, np.asarray(W.sum(axis=1)).ravel(), p
        i, j = W.nonzero()
        w = W.data
        kind = e[p[i], p[j]]
        slot_key = j * SECTORS + p[i]
        by_sector = np.bincount(slot_key, w, n * SECTORS)
        total = np.bincount(j, w, n)
        slots, row = np.unique(slot_key[kind == 2], return_inverse=True)
        self.essential = sparse.csr_array(
            (w[kind == 2] / by_sector[slot_key[kind == 2]], (row, i[kind == 2])), shape=(len(slots), n)
        )
        owner = slots // SECTORS
        self.owners, self.starts = np.unique(owner, return_index=True)
        self.linear = sparse.csr_array((w[kind == 1] / total[j[kind == 1]], (j[kind == 1], i[kind == 1])), shape=(n, n))
        self.lu = sparse.csr_array((w / np.maximum(self.out, revenue)[i], (i, j)), shape=(n, n))
        self.members = sparse.csr_array((np.ones(n), (p, np.arange(n))), shape=(SECTORS, n))

    def index(self, firms: np.ndarray, tol: float) -> np.ndarray:
        """ESRI of each of the firms, closed alone, in one block."""
        block = len(firms)
        psi = np.ones((self.n, block))
        psi[firms, np.arange(block)] = 0.0
        hd, hu = psi.copy(), psi.copy()
        out = self.out[:, None]
        change_d = change_u = 1.0
        while change_d > tol:
            left = (self.members @ (hd * out))[self.p]
            sigma = np.minimum(1.0, out / np.maximum(left, 1e-300))
            lost = sigma * (1 - hd)
            worst = self.linear @ lost
            if len(self.owners):
                by_owner = np.maximum.reduceat(self.essential @ lost, self.starts, axis=0)
                worst[self.owners] = np.maximum(worst[self.owners], by_owner)
            new = np.maximum(0.0, np.minimum(psi, 1 - worst))
            change_d, hd = float(np.abs(new - hd).max()), new
        while change_u > tol:
            new = np.maximum(0.0, np.minimum(psi, 1 - self.lu @ (1 - hu)))
            change_u, hu = float(np.abs(new - hu).max()), new
        return (self.out / self.out.sum()) @ (1 - np.minimum(hd, hu))


def cpu(work: Callable[[], Any]) -> tuple[Any, float]:
    """Result and CPU seconds."""
    start = time.process_time()
    made = work()
    return made, time.process_time() - start


def row(n: int, sample: int | None, peer_sample: int) -> None:
    W, p, e, revenue = draw(n)
    rng = np.random.default_rng(1)
    eco, prepared = cpu(lambda: economy(W, p, e, revenue=revenue))
    _, solved = cpu(lambda: eco.bounds)
    chosen = None if sample is None else rng.choice(n, min(sample, n), replace=False)
    ours, seconds = cpu(lambda: esri_all(eco, tol=TOL, threads=1, firms=chosen))
    each = 1e3 * seconds / len(ours.index)
    once = 1e3 * (prepared + solved) / n
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    text = f"{n:>9,} {len(ours.index):>8,} {each:>9.4f} {once:>9.4f} {prepared + solved:>8.2f}"
    if peer_sample:
        published = Published(W, p, e, revenue)
        position = rng.choice(len(ours.index), peer_sample, replace=False)
        exact = published.index(ours.firms[position], 1e-9)
        off = np.abs(exact - ours.index[position])
        if (off > np.minimum(ours.residual[position], 1e-5) + 1e-7).any():
            raise SystemExit(f"no parity at {n} firms: {off.max():.3g}")
        _, peer = cpu(lambda: published.index(ours.firms[position], TOL))
        peer_each = 1e3 * peer / peer_sample
        text += f" {peer_each:>10.3f} {peer_each / (each + once):>8.0f}x {off.max():>10.1e}"
    else:
        text += f" {'-':>10} {'-':>9} {'-':>10}"
    print(f"{text} {np.median(ours.residual):>10.1e} {memory:>8.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    small = draw(3000)
    esri_all(small[0], small[1], small[2], revenue=small[3], threads=1, firms=[0])  # compile before the clock starts
    print("ESRI of each firm closed alone; CPU milliseconds a firm, one thread; once = preparation for all, a firm")
    print(
        f"{'firms':>9} {'closed':>8} {'ours ms':>9} {'once ms':>9} {'once s':>8} {'scipy ms':>10} {'ratio':>9} "
        f"{'difference':>10} {'bound':>10} {'peak GB':>8}"
    )
    rows = [(1_000, None, 64), (10_000, 2_000, 64)]
    if not quick:
        rows = [(1_000, None, 64), (10_000, None, 64), (100_000, 5_000, 16), (1_000_000, 2_000, 2)]
    for n, sample, peer in rows:
        row(n, sample, peer)


if __name__ == "__main__":
    main()
