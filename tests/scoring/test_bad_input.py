"""Bad input as a user meets it: files in, one clear message out, with what to do about it and no traceback."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.support.demo import Finished, graphcredit

N = 160
FAST = ("--models", "logistic", "--folds", "2", "--repeats", "1")


@dataclass(frozen=True)
class Shop:
    """A small book of companies known since 2024, with labels of 2025."""

    folder: Path
    parties: pd.DataFrame
    labels: pd.DataFrame

    @property
    def url(self) -> str:
        return f"duckdb:///{self.folder / 'book.duckdb'}"

    def load(self, table: pd.DataFrame) -> Finished:
        table.to_csv(self.folder / "parties.csv", index=False)
        return graphcredit("load", self.folder / "parties.csv", "--store", self.url, "--json")

    def train(self, labels: pd.DataFrame, *more: str) -> Finished:
        labels.to_csv(self.folder / "labels.csv", index=False)
        return graphcredit("train", "--labels", self.folder / "labels.csv", "--store", self.url, *FAST, *more)


def world(folder: Path) -> Shop:
    rng = np.random.default_rng(0)
    debt = rng.normal(size=N)
    ids = [f"P{i:03d}" for i in range(N)]
    parties = pd.DataFrame(
        {
            "party_id": ids,
            "kind": "company",
            "name": [f"Firm {i}" for i in range(N)],
            "recorded_at": "2024-01-01",
            "attr_debt": debt.round(4),
            "attr_branch": rng.choice(["north", "south"], N),
            "attr_same": 7,
        }
    )
    y = (rng.random(N) < 1 / (1 + np.exp(1 - 2 * debt))).astype(int)
    return Shop(folder, parties, pd.DataFrame({"party_id": ids, "observed_on": "2025-01-01", "default": y}))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    made = world(tmp_path_factory.mktemp("bad"))
    assert made.load(made.parties).code == 0
    return made


def check_refused(done: Finished, *said: str) -> None:
    assert done.code != 0
    for words in (*said, "error:", "remedy:"):
        assert words in done.err
    assert "Traceback" not in done.err
    assert "unexpected" not in done.err


def test_one_class_only(shop: Shop) -> None:
    check_refused(
        shop.train(shop.labels.assign(default=0)), "all 160 training labels are 0: one class only", "that defaulted"
    )
    check_refused(shop.train(shop.labels.assign(default=1)), "all 160 training labels are 1", "that did not default")


def test_fewer_than_ten_defaults(shop: Shop) -> None:
    few = shop.labels.assign(default=(np.arange(N) < 6).astype(int))
    check_refused(shop.train(few), "only 6 defaults among 160", "at least 10", "graphcredit models low-default")


def test_labels_of_unknown_parties(shop: Shop) -> None:
    strangers = shop.labels.assign(party_id=["X" + party for party in shop.labels["party_id"]])
    check_refused(shop.train(strangers), "160 of 160 labelled parties are unknown: XP000", "same ids")


def test_dates_before_any_fact(shop: Shop) -> None:
    check_refused(shop.train(shop.labels.assign(observed_on="2001-01-01")), "dates lie before any fact", "recorded_at")


def test_labels_that_cannot_be_read(shop: Shop) -> None:
    check_refused(shop.train(shop.labels.drop(columns="default")), "labels lack the column default")
    check_refused(shop.train(shop.labels.assign(default="perhaps")), "unusable default", "'perhaps'")


def test_all_features_missing(tmp_path: Path) -> None:
    bare = world(tmp_path)
    bare.load(bare.parties[["party_id", "kind", "name", "recorded_at"]])
    check_refused(bare.train(bare.labels), "no feature can be used: all are missing or constant", "load attributes")


@pytest.mark.parametrize("endless", ["inf", "-Infinity"])
def test_an_infinite_value_is_named_and_not_made_a_category(tmp_path: Path, endless: str) -> None:
    broken = world(tmp_path)
    table = broken.parties.assign(attr_debt=broken.parties["attr_debt"].astype(object))
    table.loc[3, "attr_debt"] = endless
    broken.load(table)
    check_refused(
        broken.train(broken.labels), "infinite values, first 'attr_debt' (1 values)", "leave unknown values empty"
    )


def test_not_a_number_among_numbers_is_missing(tmp_path: Path) -> None:
    broken = world(tmp_path)
    table = broken.parties.assign(attr_debt=broken.parties["attr_debt"].astype(object))
    table.loc[3, "attr_debt"] = "nan"
    broken.load(table)
    report = broken.train(broken.labels, "--json").json
    assert report["chosen"]["auc"] > 0.75


def test_a_constant_feature_is_left_out_and_said(shop: Shop) -> None:
    done = shop.train(shop.labels)
    assert done.code == 0, done.err
    assert "attr_same (constant)" in done.out
    report = shop.train(shop.labels, "--json").json
    assert report["recipe"]["left_out"]["attr_same"] == "constant"


def test_a_category_never_seen_counts_as_average_and_is_said(tmp_path: Path) -> None:
    book = world(tmp_path)
    book.load(book.parties)
    book.train(book.labels)
    moved = book.parties.iloc[[5]].assign(attr_branch="east", recorded_at="2025-03-01")
    book.load(moved)
    done = graphcredit("score", "P005", "--store", book.url)
    assert done.code == 0, done.err
    assert "'east' was never seen in training and counts as average" in done.err


def test_a_model_file_changed_by_a_byte_or_of_another_version(tmp_path: Path) -> None:
    book = world(tmp_path)
    book.load(book.parties)
    model = book.train(book.labels, "--json").json["model_id"]
    path = next(tmp_path.rglob(f"{model}.gcmodel"))
    good = path.read_bytes()
    changed = bytearray(good)
    changed[len(good) // 2] ^= 0x01
    path.write_bytes(bytes(changed))
    check_refused(
        graphcredit("score", "P001", "--store", book.url), "has been changed since it was written", "do not use it"
    )
    path.write_bytes(good.replace(b"graphcredit-model 1\n", b"graphcredit-model 9\n", 1))
    check_refused(
        graphcredit("score", "P001", "--store", book.url), "has format 9, this release reads 1", "train the model again"
    )
    path.unlink()
    check_refused(graphcredit("score", "P001", "--store", book.url), "no model file")
    path.write_bytes(good)
    assert graphcredit("score", "P001", "--store", book.url).code == 0


def test_scoring_without_a_model(tmp_path: Path) -> None:
    book = world(tmp_path)
    book.load(book.parties)
    check_refused(graphcredit("score", "P001", "--store", book.url), "no model has been trained", "graphcredit train")


def test_rejects_that_are_labelled_too(shop: Shop, tmp_path: Path) -> None:
    shop.labels.head(2)[["party_id", "observed_on"]].to_csv(tmp_path / "rejects.csv", index=False)
    done = shop.train(shop.labels, "--rejects", str(tmp_path / "rejects.csv"))
    check_refused(done, "2 parties are rejects and labelled, too", "leave it out")
    shop.labels.tail(30)[["party_id", "observed_on"]].to_csv(tmp_path / "rejects.csv", index=False)
    done = shop.train(
        shop.labels.head(130), "--rejects", str(tmp_path / "rejects.csv"), "--reject-method", "parcelling"
    )
    assert done.code == 0, done.err
    assert "parcelling assumes" in done.err
