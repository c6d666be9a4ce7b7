"""Every malformed input of every model: a clear error with a remedy, or a warning; never a silent NaN."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from graphcredit.contagion import (
    clear_payments,
    esri,
    esri_all,
    guarantee_spread,
    impact_of_each,
    linear_debtrank,
    neva,
)
from graphcredit.exc import GraphCreditError, InputError, NotFoundError, ValueRangeError
from graphcredit.network import network_from_edges

NAN, INF = float("nan"), float("inf")
MODELS: dict[str, Callable[[Any], Any]] = {
    "linear_debtrank": lambda m: linear_debtrank(m, [1.0, 1.0], 0.1),
    "impact_of_each": lambda m: impact_of_each(m, [1.0, 1.0]),
    "neva": lambda m: neva([5.0, 5.0], [1.0, 1.0], m, valuation="furfine"),
    "clear_payments": lambda m: clear_payments(m, [1.0, 1.0]),
    "esri": lambda m: esri(m, [0, 0], closed=0),
    "guarantee_spread": lambda m: guarantee_spread(m, [0.1, 0.1]),
}
MATRICES = {
    "negative": [[0, -1], [0, 0]],
    "nan": [[0, NAN], [0, 0]],
    "infinite": [[0, INF], [0, 0]],
    "with itself": [[1, 1], [0, 0]],
    "not square": [[0, 1, 0], [0, 0, 0]],
    "ragged": [[0, 1], [0]],
    "a vector": [0, 1],
    "of words": [["a", "b"], ["c", "d"]],
}


@pytest.mark.parametrize("model", sorted(MODELS))
@pytest.mark.parametrize("matrix", sorted(MATRICES))
def test_a_malformed_matrix_is_refused_by_every_model(model: str, matrix: str) -> None:
    with pytest.raises(GraphCreditError) as caught:
        MODELS[model](MATRICES[matrix])
    assert caught.value.remedy


def test_sectors_unknown_to_the_essentiality_are_named() -> None:
    with pytest.raises(InputError) as caught:
        esri([[0, 1], [0, 0]], ["steel", "paper"], np.array([[1]]), closed=0)
    assert caught.value.remedy


def test_amplifying_and_leakless_networks_answer_with_a_warning_and_no_nan() -> None:
    loop = linear_debtrank([[0, 4.0], [4.0, 0]], [1.0, 2.0], [0.1, 0.0])
    assert np.isfinite(loop.stress).all()
    assert loop.spectral_radius >= 1
    assert any("spectral radius" in text for text in loop.warnings)
    closed = esri_all([[0, 1.0], [1.0, 0]], ["a", "b"], 1)
    assert np.isfinite(closed.index).all()
    assert not closed.certified
    assert closed.warnings


def test_parties_without_equity_answer_with_a_warning() -> None:
    found = impact_of_each([[0, 1.0, 0], [0, 0, 1.0], [0, 0, 0]], [4.0, 2.0, -3.0])
    assert np.isfinite(found.loss).all()
    assert any("no equity" in text for text in found.warnings)


def test_unknown_parties_are_refused_by_id_and_by_index() -> None:
    network = network_from_edges({"lending": [("a", "b", 2.0)], "trade": [("a", "b", 2.0)]})
    with pytest.raises(NotFoundError):
        linear_debtrank(network, [1.0, 1.0], {"z": 0.5})
    with pytest.raises(ValueRangeError):
        linear_debtrank(network, [1.0, 1.0], {2: 0.5})
    with pytest.raises(NotFoundError):
        impact_of_each(network, [1.0, 1.0], parties=["z"])
    with pytest.raises(NotFoundError):
        esri(network, ["x", "y"], closed="z")


@pytest.mark.parametrize("shock", [1.1, -0.1, NAN, [0.1, INF]])
def test_a_shock_outside_0_and_1_is_refused(shock: object) -> None:
    with pytest.raises(ValueRangeError) as caught:
        linear_debtrank([[0, 1.0], [0, 0]], [1.0, 1.0], shock)
    assert caught.value.remedy


def test_one_and_two_threads_give_the_same_bits() -> None:
    rng = np.random.default_rng(8)
    claims = rng.lognormal(0, 1, (60, 60)) * (rng.random((60, 60)) < 0.08)
    np.fill_diagonal(claims, 0)
    equity = claims.sum(axis=1) * 1.3 + 0.1
    one, two = (impact_of_each(claims, equity, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.loss, two.loss)
    np.testing.assert_array_equal(one.bound, two.bound)
