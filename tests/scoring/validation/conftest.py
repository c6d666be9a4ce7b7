"""Outcomes drawn from known PDs, and a second, weaker score with ties."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def drawn() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """y, pd (the true one), other (coarse, weaker); shape (400,)."""
    rng = np.random.default_rng(11)
    x = rng.normal(size=400)
    pd = 1 / (1 + np.exp(-(-1.6 + 1.1 * x)))
    y = (rng.random(400) < pd).astype(np.int64)
    other = np.round(1 / (1 + np.exp(-(-1.6 + 0.6 * x + rng.normal(size=400)))), 2)
    return y, pd, other
