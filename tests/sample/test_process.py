"""The unbiased estimate of true PDs against brute force over many worlds."""

import numpy as np
from scipy import sparse

from graphcredit_ingest.sample import process
from graphcredit_ingest.sample.firms import Firms, draw_firms


def brute_force(own: np.ndarray, known: np.ndarray, pressure: np.ndarray, worlds: int) -> np.ndarray:
    """Share of worlds in which each firm ends in distress, from the module's text, a world at a time."""
    rng, failed = np.random.default_rng(99), np.zeros(len(own))
    for _ in range(worlds):
        u, state = rng.random(len(own)), known.copy()
        state |= u < 1 / (1 + np.exp(-(own + pressure @ known)))
        for _ in range(process.ROUNDS):
            state |= u < 1 / (1 + np.exp(-(own + pressure @ state)))
        failed += state
    return failed / worlds


def small() -> tuple[Firms, np.ndarray, sparse.csr_array, sparse.csr_array]:
    firms = draw_firms(np.random.default_rng(0), 12)
    rng = np.random.default_rng(1)
    sales = (rng.random((12, 12)) < 0.25) * rng.random((12, 12))
    np.fill_diagonal(sales, 0)
    sales /= np.maximum(sales.sum(axis=1, keepdims=True), 1e-9)
    circle = np.zeros((12, 12))
    for a, b in ((0, 1), (1, 0), (2, 3), (3, 4), (4, 2)):
        circle[a, b] = 1.0
    return firms, np.zeros(20), sparse.csr_array(sales), sparse.csr_array(circle)


def test_true_pd_is_the_share_of_worlds_in_which_a_firm_fails(monkeypatch) -> None:
    monkeypatch.setattr(process, "WORLDS", 20_000)
    firms, effect, sales, circle = small()
    made = process.draw_outcome(np.random.default_rng(5), firms, effect, sales, circle, 1.0)
    own = process.BASE - process.HEALTH * firms.health
    pressure = (process.TRADE * sales + process.GUARANTEE * circle).toarray()
    expected = brute_force(own, made.known, pressure, 60_000)
    free = ~made.known
    noise = np.sqrt(expected * (1 - expected) / 60_000) * 4 + 0.002
    assert (np.abs(made.true_pd - expected)[free] < noise[free]).all()


def test_no_strength_no_contagion() -> None:
    firms, effect, sales, circle = small()
    made = process.draw_outcome(np.random.default_rng(5), firms, effect, sales, circle, 0.0)
    assert np.array_equal(made.true_pd, made.own_pd)


def test_more_strength_never_lowers_a_pd() -> None:
    firms, effect, sales, circle = small()
    weak, strong = (process.draw_outcome(np.random.default_rng(5), firms, effect, sales, circle, s) for s in (0.5, 1.5))
    assert np.array_equal(weak.known, strong.known)
    assert (strong.true_pd >= weak.true_pd - 0.02).all()
    assert (strong.true_pd >= strong.own_pd - 1e-12).all()
