import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.exc import LabelError, ValueRangeError
from graphcredit.scoring.calibration import POINT_IN_TIME, THROUGH_THE_CYCLE, calibrate


def drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Overconfident raw log-odds: the truth is half as far from its centre."""
    rng = np.random.default_rng(seed)
    raw = rng.normal(-3, 2.5, n)
    true = 1 / (1 + np.exp(-(-0.5 + 0.5 * raw)))
    return raw, true, (rng.random(n) < true).astype(np.int64)


@pytest.mark.parametrize(("n", "method"), [(400, "sigmoid"), (20_000, "isotonic")])
def test_size_decides_the_method_and_pds_meet_the_truth(n: int, method: str) -> None:
    raw, true, y = drawn(n)
    made = calibrate(raw, y)
    assert made.method == method
    assert made.philosophy == POINT_IN_TIME
    assert made.pd(raw).mean() == pytest.approx(y.mean(), abs=1e-9)
    for part in np.array_split(np.argsort(raw), 10):
        assert made.pd(raw[part]).mean() == pytest.approx(true[part].mean(), abs=0.06 if n < 1000 else 0.03)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(["sigmoid", "isotonic"]))
def test_ranks_are_kept(seed: int, method: str) -> None:
    raw, _, y = drawn(1500, seed)
    made = calibrate(raw, y, method=method)
    grid = np.linspace(raw.min() - 5, raw.max() + 5, 400)
    assert (np.diff(made.log_odds(grid)) > 0).all()


def test_a_central_tendency_is_met_through_the_cycle() -> None:
    raw, _, y = drawn(3000)
    made = calibrate(raw, y, central_tendency=0.02)
    assert made.philosophy == THROUGH_THE_CYCLE
    assert made.pd(raw).mean() == pytest.approx(0.02, abs=1e-9)
    assert made.describe()["central_tendency"] == 0.02


def test_weights_undo_denser_sampling_of_defaults() -> None:
    raw, true, y = drawn(40_000)
    rng = np.random.default_rng(1)
    keep = (y == 1) | (rng.random(len(y)) < 0.25)
    weights = np.where(y == 1, 1.0, 4.0)[keep]
    made = calibrate(raw[keep], y[keep], weights=weights)
    for part in np.array_split(np.argsort(raw), 5):
        assert made.pd(raw[part]).mean() == pytest.approx(true[part].mean(), abs=0.02)


def test_a_useless_score_still_gives_the_mean() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    made = calibrate(rng.normal(size=300), y)
    assert made.pd(np.zeros(1))[0] == pytest.approx(y.mean(), abs=0.05)
    constant = calibrate(np.zeros(300), y)
    assert constant.pd(np.zeros(1))[0] == pytest.approx(y.mean(), abs=1e-6)


def test_bad_input() -> None:
    raw, _, y = drawn(100)
    with pytest.raises(ValueRangeError, match=r"central tendency 1\.5"):
        calibrate(raw, y, central_tendency=1.5)
    with pytest.raises(LabelError, match="both classes"):
        calibrate(raw, np.zeros(100, dtype=np.int64))
