import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphcredit.exc import PolicyError, ValueRangeError
from graphcredit.scoring import DEFAULT_SCALE, MasterScale, PointScale


def test_grades_run_from_aaa_to_d_and_bounds_belong_to_the_worse() -> None:
    assert DEFAULT_SCALE.grades[0] == "AAA"
    assert DEFAULT_SCALE.grades[-1] == "D"
    assert DEFAULT_SCALE.grade(0.0) == "AAA"
    assert DEFAULT_SCALE.grade(1.0) == "D"
    assert DEFAULT_SCALE.grade(0.01) == "BB"
    assert DEFAULT_SCALE.grade(0.0099999) == "BBB"
    assert DEFAULT_SCALE.table()[1] == {"grade": "AA", "pd_from": 0.0003, "pd_to": 0.001}
    assert all(DEFAULT_SCALE.grade(DEFAULT_SCALE.midpoint(g)) == g for g in DEFAULT_SCALE.grades)
    assert list(DEFAULT_SCALE.assign([0.5, 0.0001])) == ["C", "AAA"]


@given(st.floats(0.0001, 0.99), st.floats(0.0001, 0.99))
def test_a_higher_pd_is_never_a_better_grade(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert DEFAULT_SCALE.index(low) <= DEFAULT_SCALE.index(high)


@given(st.floats(0.0002, 0.9), st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]))
def test_notches_move_by_whole_grades_and_back(pd: float, notches: float) -> None:
    moved = float(DEFAULT_SCALE.notch(pd, notches))
    assert np.sign(moved - pd) == np.sign(notches) or pd in (moved, 0.0001)
    grade, after = int(DEFAULT_SCALE.index(pd)), int(DEFAULT_SCALE.index(moved))
    if abs(notches) == 1:
        assert (
            after - grade == np.clip(grade + notches, 0, 9) - grade or abs(DEFAULT_SCALE.bounds[after] - moved) < 1e-9
        )
    else:
        assert abs(after - grade) <= 1


def test_a_scale_from_a_policy() -> None:
    made = MasterScale.from_policy({"master_scale": [{"grade": "A", "pd_to": 0.1}, {"grade": "D", "pd_to": 1}]})
    assert made == MasterScale.from_policy({"A": 0.1, "D": 1.0}) == MasterScale(("A", "D"), (0.1, 1.0))


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        ({"A": 0.2, "B": 0.1, "D": 1.0}, "gap or overlap"),
        ({"A": 0.2, "D": 0.9}, "gap or overlap"),
        ({"A": "low", "D": 1.0}, "not a number"),
        ({"A": 1.0}, "one PD bound per grade"),
    ],
)
def test_bad_scales(policy: dict[str, object], says: str) -> None:
    with pytest.raises(PolicyError, match=says):
        MasterScale.from_policy(policy)


def test_points_double_the_odds() -> None:
    scale = PointScale()
    assert scale.of_pd(1 / 51) == pytest.approx(600)
    assert scale.of_pd(1 / 101) == pytest.approx(620)
    with pytest.raises(ValueRangeError):
        PointScale(pdo=0)
