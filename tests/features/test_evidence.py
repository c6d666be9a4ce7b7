"""The ties behind a graph feature."""

from datetime import date

import pytest

from graphcredit.exc import NotFoundError
from graphcredit.features import FeatureMatrix, TieEvidence, build_features, path_evidence
from graphcredit.network import Network
from graphcredit.store import open_store
from tests.features.world import DAY, fill


@pytest.fixture(scope="module")
def matrix() -> FeatureMatrix:
    with open_store("duckdb://:memory:") as store:
        return build_features(fill(store), date.fromisoformat(DAY))


def evidence(matrix: FeatureMatrix, name: str, party: str, **options: object) -> list[TieEvidence]:
    assert isinstance(matrix.network, Network)
    feature = next(feature for feature in matrix.features if feature.name == name)
    return path_evidence(matrix.network, feature, party, **options)  # type: ignore[arg-type]


def test_a_share_of_sales_leads_on_to_the_default_its_buyer_answers_for(matrix: FeatureMatrix) -> None:
    first, second = evidence(matrix, "customer_hhi", "a")
    assert first.path == ("a", "b", "d")
    assert first.layers == ("trade", "guarantee")
    assert (first.amount, first.share) == pytest.approx((540, 540 / 840))
    assert first.note == "in default since 2024-03"
    assert (second.path, second.note) == (("a", "c"), "")


def test_suppliers_are_shown_for_what_is_bought(matrix: FeatureMatrix) -> None:
    assert [tie.path[1] for tie in evidence(matrix, "top_supplier_share", "a")] == ["b", "c"]


def test_an_obligor_in_default_is_named_itself(matrix: FeatureMatrix) -> None:
    (tie,) = [tie for tie in evidence(matrix, "guarantees_to_equity", "b") if tie.note]
    assert (tie.path, tie.layers, tie.amount) == (("b", "d"), ("guarantee",), 80)


def test_whom_the_caller_names_counts_instead(matrix: FeatureMatrix) -> None:
    found = evidence(matrix, "customer_hhi", "a", defaulted={"c"})
    assert [(tie.path, tie.note) for tie in found] == [(("a", "c"), "in default"), (("a", "b"), "")]


def test_no_ties_no_evidence(matrix: FeatureMatrix) -> None:
    assert evidence(matrix, "customer_hhi", "p") == []
    assert evidence(matrix, "core_number", "a") == []
    with pytest.raises(NotFoundError):
        evidence(matrix, "customer_hhi", "nobody")
