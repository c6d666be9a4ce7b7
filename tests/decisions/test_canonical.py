"""A decision has one written form: hashed, recorded, answered, and the same ten years later."""

import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphcredit.decisions import decide, headroom_book, load_policy, replay, show_decision
from graphcredit.decisions.canonical import Lately, canonical, digest, has_digest
from graphcredit.decisions.decision import ON_TOP
from graphcredit.decisions.gather import Inputs, gather_assessed
from graphcredit.decisions.judge import judge
from graphcredit.decisions.texts import Frozen
from graphcredit.jsonable import JsonText, body_text
from graphcredit.store import CreditStore, Record
from tests.decisions.world import DAY, build, factoring, loan

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)  # no halves of characters: no store holds them
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


class Leaf(Frozen):
    amount: Decimal
    on: date


class Tree(Frozen):
    name: str
    leaves: tuple[Leaf, ...]
    more: dict[str, Any]


@given(PLAIN)
def test_it_is_json_with_sorted_names_and_no_blanks(content: object) -> None:
    assert canonical(content).decode() == json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def test_value_objects_are_their_fields_and_decimals_are_written_for_people() -> None:
    tree = Tree(name="华东", leaves=(Leaf(amount=Decimal("1E+3"), on=date(2026, 7, 1)),), more={"b": Decimal("2.5000")})
    more = {"z": np.float64(0.5), "at": datetime(2026, 7, 1, 9, 30), "one": {Decimal("0.10")}, "tree": tree}
    assert json.loads(canonical(more)) == {
        "at": "2026-07-01T09:30:00",
        "one": ["0.10"],
        "tree": {"leaves": [{"amount": "1000", "on": "2026-07-01"}], "more": {"b": "2.50"}, "name": "华东"},
        "z": 0.5,
    }


def test_what_has_no_canonical_form_is_refused() -> None:
    with pytest.raises(TypeError):
        canonical({"thing": object()})


def test_hashes_of_older_decisions_still_hold_and_changed_content_has_none() -> None:
    content = {"pd": 1e-05, "name": "华东", "share": 0.1}
    older = hashlib.sha256(b'{"name":"\xe5\x8d\x8e\xe4\xb8\x9c","pd":1e-05,"share":0.1}').hexdigest()
    assert digest(content) != older
    assert has_digest(content, older)
    assert has_digest(content, digest(content))
    assert not has_digest(content | {"share": 0.2}, older)


def test_what_was_made_of_an_object_is_made_once_and_never_of_another() -> None:
    asked: list[object] = []

    def make(value: object) -> int:
        asked.append(value)
        return len(asked)

    lately, first, second = Lately[int](keep=2), [1], [1]
    assert [lately.of(each, make) for each in (first, second, first, second)] == [1, 2, 1, 2]
    lately.of([3], make)
    assert lately.of(first, make) == 4  # two are kept


def test_a_decision_is_answered_as_it_is_recorded_and_read_back(store: CreditStore) -> None:
    build(store)
    made = decide(
        store, {"party_id": "seller", "product": "loan", "amount": "250000.00", "tenor_days": 90}, as_of=DAY, by="anna"
    )
    kept = store.get_record("decision", made.decision_id)
    assert kept is not None
    assert dict(kept.body) == json.loads(made.text())
    assert show_decision(store, made.decision_id) == made
    assert hashlib.sha256(canonical(made.inputs)).hexdigest() == made.inputs_hash
    again = replay(store, made.decision_id)
    assert again.same
    assert again.inputs_intact


@given(st.dictionaries(TEXTS, PLAIN, max_size=5))
def test_a_body_that_is_written_already_reads_like_any_other(body: dict[str, object]) -> None:
    written = JsonText(json.dumps(body).encode())
    assert dict(written) == body
    assert len(written) == len(body)
    assert json.loads(body_text(written)) == json.loads(body_text(body)) == body


def test_who_bears_the_risk_is_written_once_and_found_twice(store: CreditStore) -> None:
    build(store)
    asked = {"party_id": "seller", "product": "loan", "amount": "250000.00", "tenor_days": 90}
    made = decide(store, asked, as_of=DAY, by="anna")
    assert made.inputs.risk_score is not None
    body = dict(made.to_json())
    assert "risk_score" not in body["inputs"]
    assert hashlib.sha256(canonical(body["inputs"])).hexdigest() == made.inputs_hash
    assert Inputs.model_validate(body["inputs"]) == made.inputs
    other = made.inputs.but(risk_score=made.inputs.risk_score.but(grade="B"))
    assert json.loads(canonical(other))["risk_score"]["grade"] == "B"
    assert Inputs.model_validate_json(canonical(other)) == other


def test_a_decision_written_by_an_earlier_release_is_read_and_replayed(store: CreditStore) -> None:
    build(store)
    asked = {"party_id": "seller", "product": "loan", "amount": "250000.00", "tenor_days": 90}
    made = decide(store, asked, as_of=DAY, by="anna")
    body = dict(made.to_json())
    whole = body["inputs"] | {"risk_score": body["inputs"]["party_score"]}
    answer = body["answer"] | {name: body[name] for name in ON_TOP}
    older = body | {
        "decision_id": "DEC-0",
        "inputs": whole,
        "answer": answer,
        "inputs_hash": hashlib.sha256(canonical(whole)).hexdigest(),
    }
    store.put_records([Record("decision", "DEC-0", older, "seller", made.at)])
    read = show_decision(store, "DEC-0")
    assert (read.inputs, read.answer) == (made.inputs, made.answer)
    assert read.inputs_hash != made.inputs_hash
    again = replay(store, "DEC-0")
    assert again.same
    assert again.inputs_intact
    changed = older | {"decision_id": "DEC-1", "inputs": whole | {"amount": "250001.00"}}
    store.put_records([Record("decision", "DEC-1", changed, "seller", made.at)])
    assert not replay(store, "DEC-1").inputs_intact


def test_a_product_assessed_already_gives_the_answer_of_one_that_is_not(store: CreditStore) -> None:
    build(store)
    policy = load_policy()
    book = headroom_book(store, policy, as_of=DAY)
    for application in (loan(), factoring()):
        inputs, assessed = gather_assessed(store, application, book, None, DAY)
        assert judge(inputs, policy, assessed) == judge(inputs, policy)
