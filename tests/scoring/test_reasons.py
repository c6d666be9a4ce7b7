import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphcredit.exc import InputError, NotFoundError, ValueRangeError
from graphcredit.network import network_from_edges
from graphcredit.scoring import CreditModel, Outlook, train
from graphcredit.scoring.kinds import KINDS
from graphcredit.scoring.reasons import to_hundredths
from graphcredit.scoring.rows import Rows
from graphcredit.scoring.sql import scorecard_candidate
from tests.scoring.world import builder, fill, frame, labels, matrix
from tests.support.stores import empty_store

N = 400
OUTLOOK = Outlook({"C": (-1.0, -0.5, 0.9), "A": (0.8, 0.6, 0.1)})


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CreditModel]:
    table, y, _ = frame(N, seed=8)
    with empty_store("duckdb", tmp_path_factory.mktemp("reasons")) as store:
        trained = train(fill(store, N), labels(y), build=builder(table), folds=2, repeats=1).model
    from dataclasses import replace

    return {kind: replace(trained, chosen=trained.candidates[f"{kind}|all"], features=_features(trained, kind))
            for kind in KINDS}  # fmt: skip


def _features(model: CreditModel, kind: str) -> Any:
    from graphcredit.scoring.matrix import infos

    known = {info.name: info for info in infos(matrix(frame(5)[0]))}
    return tuple(known[name] for name in model.candidates[f"{kind}|all"].features)


@pytest.mark.parametrize("kind", list(KINDS))
def test_reasons_add_up_exactly_and_agree_with_predict(models: dict[str, CreditModel], kind: str) -> None:
    model, table = models[kind], frame(60, seed=12)[0]
    predicted = model.predict(matrix(table), outlook=OUTLOOK).set_index("party_id")
    for party in table.index[:25]:
        score = model.explain(matrix(table), party, outlook=OUTLOOK, top=3)
        total = math.fsum([score.base_points, *(reason.points for reason in score.reasons)])
        assert total == pytest.approx(score.points, abs=1e-9)
        assert score.points == predicted.loc[party, "points"]
        assert score.pd == pytest.approx(predicted.loc[party, "pd"], abs=1e-12)
        assert score.grade == predicted.loc[party, "grade"]
        told = [abs(reason.points) for reason in score.reasons if reason.code != "other_features"]
        assert told == sorted(told, reverse=True)


@pytest.mark.parametrize("kind", list(KINDS))
def test_rows_prepared_once_tell_the_same_as_a_row_alone(models: dict[str, CreditModel], kind: str) -> None:
    model, table = models[kind], frame(60, seed=12)[0]
    table = table.assign(industry=pd.Categorical(["Z", *table["industry"].astype(str)[1:]]))
    table.iloc[1, table.columns.get_loc("cash")] = np.nan
    rows = Rows(matrix(table), model)
    for party in table.index[:20]:
        alone = model.explain(matrix(table.loc[[party]]), party, outlook=OUTLOOK)
        assert model.explain(matrix(table), party, outlook=OUTLOOK, rows=rows).body() == alone.body()
    with pytest.raises(NotFoundError, match="'nobody' has no features"):
        model.explain(matrix(table), "nobody", rows=rows)


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=12), st.integers(-20, 20))
def test_rounding_never_loses_a_hundredth(parts: list[float], off: int) -> None:
    total = round(sum(parts), 2) + off / 100
    rounded = to_hundredths(parts, total)
    assert round(math.fsum(rounded) * 100) == round(total * 100)
    if off == 0:
        assert all(abs(a - b) < 0.0101 for a, b in zip(parts, rounded, strict=True))


def test_the_overlay_is_a_reason_of_its_own_and_can_be_left_out(models: dict[str, CreditModel]) -> None:
    from dataclasses import replace

    model, table = models["boosting"], frame(60, seed=12)[0]
    party = table.index[(table["industry"] == "C").to_numpy()][0]
    score = model.explain(matrix(table), party, outlook=OUTLOOK)
    (overlay,) = [reason for reason in score.reasons if reason.code == "industry_overlay"]
    assert score.overlay_notches == 1.0 or score.overlay_notches == 0.5
    assert score.pd > score.model_pd
    assert overlay.points < 0
    assert "Outlook of industry C" in overlay.text["en"]
    assert "行业 C 展望" in overlay.text["zh"]
    plain = replace(model, overlay=None).explain(matrix(table), party, outlook=OUTLOOK)
    assert plain.pd == score.model_pd
    assert all(reason.code != "industry_overlay" for reason in plain.reasons)


def test_reasons_carry_value_peers_and_both_languages(models: dict[str, CreditModel]) -> None:
    table = frame(N, seed=8)[0]
    score = models["logistic"].explain(matrix(table), "P00007")
    by_code = {reason.code: reason for reason in score.reasons}
    assert by_code["leverage"].value == pytest.approx(table.loc["P00007", "leverage"])
    peers = table.loc[table["industry"] == table.loc["P00007", "industry"], "leverage"]
    assert by_code["leverage"].peer_median == pytest.approx(peers.median())
    assert by_code["industry"].value == table.loc["P00007", "industry"]
    for reason in score.reasons:
        assert reason.text["en"].endswith("points.")
        assert "分" in reason.text["zh"]
    body = score.body()
    assert pd.Series(body["reasons"][0]).notna().sum() > 5


def test_counterfactuals_move_changeable_features_only_and_come_true(models: dict[str, CreditModel]) -> None:
    table = frame(60, seed=12)[0]
    for kind in ("logistic", "boosting", "average"):
        model = models[kind]
        score = model.explain(matrix(table), table.index[5])
        found = [reason.improvement for reason in score.reasons if reason.improvement]
        assert {each.feature for each in found} <= {"leverage", "cash"}
        for each in score.improvements:
            moved = table.iloc[[5]].assign(**{each.feature: each.target})
            after = model.predict(matrix(moved))
            assert after.pd[0] == pytest.approx(each.pd, rel=1e-6)
            assert after.points[0] - score.points == pytest.approx(each.points, abs=0.02)
            assert each.points > 0


def test_graph_reasons_tell_the_path(models: dict[str, CreditModel]) -> None:
    table = frame(60, seed=12)[0]
    network = network_from_edges(
        {"trade": [("P00005", "B", 34.0), ("P00005", "P00001", 66.0)], "guarantee": [("B", "C", 9.0)]}
    )
    model = models["logistic"]
    score = model.explain(matrix(table, network=network), "P00005")
    (reason,) = [reason for reason in score.reasons if reason.code == "links"]
    assert reason.path[0]["path"] == ("P00005", "P00001")
    assert "66% of sales to P00001" in reason.text["en"]
    told = model.explain(
        matrix(table),
        "P00005",
        evidence=lambda party, _name: [
            {
                "path": (party, "B", "C"),
                "layers": ("trade", "guarantee"),
                "share": 0.34,
                "note": "in default since 2026-03",
            }
        ],
    )
    (reason,) = [reason for reason in told.reasons if reason.code == "links"]
    assert "34% of sales to B, which guarantees C, in default since 2026-03." in reason.text["en"]
    assert "对 B 的销售占 34%，其担保 C，违约始于 2026-03。" in reason.text["zh"]


def test_unseen_category_missing_column_infinite_value_unknown_party(models: dict[str, CreditModel]) -> None:
    model, table = models["boosting"], frame(60, seed=12)[0]
    new = table.assign(industry=pd.Categorical(["Z"] * 60))
    score = model.explain(matrix(new), table.index[0])
    assert "'Z' was never seen in training" in score.warnings[0]["en"]
    assert "没有“Z”" in score.warnings[0]["zh"]
    assert model.unseen(matrix(new)) == {"industry": ["Z"]}
    without = model.predict(matrix(table.drop(columns="cash")))["pd"]
    assert np.array_equal(without, model.predict(matrix(table.assign(cash=np.nan)))["pd"])
    with pytest.raises(InputError, match="of the model's features"):
        model.predict(matrix(table[["cash"]]))
    with pytest.raises(ValueRangeError, match="infinite"):
        model.predict(matrix(table.assign(cash=np.inf)))
    with pytest.raises(NotFoundError, match="'nobody' has no features"):
        model.explain(matrix(table), "nobody")
    with pytest.raises(InputError, match="no party to score"):
        model.predict(matrix(table.iloc[:0]))
    assert scorecard_candidate(model).kind == "scorecard"


def test_blocks_of_rows_score_like_one(models: dict[str, CreditModel], monkeypatch: pytest.MonkeyPatch) -> None:
    from graphcredit.scoring import model as module

    table = frame(500, seed=13)[0]
    whole = {kind: model.predict(matrix(table)) for kind, model in models.items()}
    monkeypatch.setattr(module, "CHUNK", 64)
    for kind, model in models.items():
        pd.testing.assert_frame_equal(model.predict(matrix(table)), whole[kind])
