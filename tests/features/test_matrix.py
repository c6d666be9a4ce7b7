"""The matrix as a thing of its own: families, fingerprints, files."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from graphcredit.exc import ReadError
from graphcredit.features import FeatureMatrix, build_features
from graphcredit.store import open_store
from tests.features.world import DAY, fill


@pytest.fixture(scope="module")
def matrix() -> FeatureMatrix:
    with open_store("duckdb://:memory:") as store:
        return build_features(fill(store), date.fromisoformat(DAY))


def test_families_part_the_columns(matrix: FeatureMatrix) -> None:
    tabular, graph, whole = (matrix.select(name) for name in ("tabular", "graph", "all"))
    assert (
        set(tabular.frame.columns) | set(graph.frame.columns) == set(whole.frame.columns) == set(matrix.frame.columns)
    )
    assert not set(tabular.frame.columns) & set(graph.frame.columns)
    assert {"sales_12m", "altman_z", "attr_staff", "utilisation"} <= set(tabular.frame.columns)
    assert {"customer_hhi", "debtrank_received", "shared_address_in_degree"} <= set(graph.frame.columns)


def test_a_file_gives_back_the_same_matrix(matrix: FeatureMatrix, tmp_path: Path) -> None:
    matrix.to_parquet(tmp_path / "m.parquet")
    read = FeatureMatrix.from_parquet(tmp_path / "m.parquet")
    pd.testing.assert_frame_equal(read.frame, matrix.frame)
    assert (read.features, read.as_of, read.store_version) == (matrix.features, matrix.as_of, matrix.store_version)
    assert read.fingerprint == matrix.fingerprint


def test_the_fingerprint_tells_values_names_dates_and_gaps_apart(matrix: FeatureMatrix) -> None:
    def changed(**new: object) -> str:
        parts = {"frame": matrix.frame, "features": matrix.features, "as_of": matrix.as_of} | new
        return FeatureMatrix(**parts).fingerprint  # type: ignore[arg-type]

    value, gap = matrix.frame.copy(), matrix.frame.copy()
    value.loc["a", "sales_12m"] += 1e-9
    gap.loc["a", "industry"] = None
    prints = {
        matrix.fingerprint, changed(frame=value), changed(frame=gap), changed(as_of=date(2024, 7, 1)),
        changed(frame=matrix.frame.rename(columns={"sales_12m": "x"})),
    }  # fmt: skip
    assert len(prints) == 5
    assert changed() == matrix.fingerprint


def test_some_rows(matrix: FeatureMatrix) -> None:
    assert matrix.rows(["c", "a"]).frame.index.tolist() == ["c", "a"]


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="does not exist"):
        FeatureMatrix.from_parquet(tmp_path / "none.parquet")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(ReadError, match="holds no feature matrix"):
        FeatureMatrix.from_parquet(tmp_path / "other.parquet")
    (tmp_path / "text.parquet").write_text("no parquet at all")
    with pytest.raises(ReadError, match="cannot be read"):
        FeatureMatrix.from_parquet(tmp_path / "text.parquet")
