"""ESRI written a second time, dense and straight from the published equations; imports nothing of ours."""

import numpy as np


def coefficients(W, p, e, revenue=None):
    """Ld, Lu and out-strength; e is indexed by sector code."""
    n = len(p)
    out = W.sum(axis=1)
    income = out if revenue is None else np.maximum(out, revenue)
    Ld, Lu = np.zeros((n, n)), np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if W[i, j] == 0:
                continue
            if e[p[i], p[j]] == 2:
                Ld[i, j] = W[i, j] / sum(W[k, j] for k in range(n) if p[k] == p[i])
            elif e[p[i], p[j]] == 1:
                Ld[i, j] = W[i, j] / W[:, j].sum()
            Lu[i, j] = W[i, j] / income[i]
    return Ld, Lu, out


def dense_esri(W, p, e, psi, *, market=None, revenue=None, tol=1e-13, max_rounds=100_000):
    """hd, hu and out-strength shares after synchronous rounds."""
    n = len(p)
    market = p if market is None else market
    Ld, Lu, out = coefficients(W, p, e, revenue)
    hd, hu = np.ones(n), np.ones(n)
    for _ in range(max_rounds):
        left = np.array([sum(hd[k] * out[k] for k in range(n) if market[k] == market[i]) for i in range(n)])
        sigma = np.array([1.0 if left[i] <= 0 else min(1.0, out[i] / left[i]) for i in range(n)])
        new_d = np.empty(n)
        for j in range(n):
            lost = {}
            for i in range(n):
                if Ld[i, j]:
                    lost[p[i]] = lost.get(p[i], 0.0) + sigma[i] * Ld[i, j] * (1 - hd[i])
            essential = [1 - lost[k] for k in lost if e[k, p[j]] == 2]
            linear = 1 - sum(lost[k] for k in lost if e[k, p[j]] == 1)
            new_d[j] = max(0.0, min([*essential, linear, psi[j]]))
        new_u = np.maximum(0.0, np.minimum(psi, 1 - Lu @ (1 - hu)))
        change = max(np.abs(new_d - hd).max(), np.abs(new_u - hu).max())
        hd, hu = new_d, new_u
        if change <= tol:
            break
    return hd, hu, out / out.sum() if out.sum() else out


def close(n, *firms):
    psi = np.ones(n)
    psi[list(firms)] = 0.0
    return psi
