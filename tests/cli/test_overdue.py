"""`graphcredit overdue` and `collect`: the worklist, a case, steps written down, and what is refused."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.demo import Demo, graphcredit

pytestmark = pytest.mark.xdist_group("demo")
D = Decimal


def test_the_worklist_is_sorted_and_adds_up(demo: Demo) -> None:
    body = graphcredit("overdue", "--store", demo.url, "--top", "1000", "--json").json
    sums = [D(debtor["overdue"]) for debtor in body["debtors"]]
    assert sums == sorted(sums, reverse=True)
    assert len(sums) == body["debtors_count"] > 3
    assert sum(sums) == D(body["overdue"]) == sum(D(bucket["amount"]) for bucket in body["buckets"][1:])
    shown = graphcredit("overdue", "--store", demo.url, "--top", "2").out.splitlines()
    assert shown[1].startswith(body["debtors"][0]["party_id"])
    assert "overdue by" in shown[3]


def test_a_step_and_a_promise_change_what_comes_next(demo: Demo, tmp_path: Path) -> None:
    own = demo.copy(tmp_path / "own")
    url = ("--store", own.url)
    party = graphcredit("overdue", *url, "--json").json["debtors"][0]["party_id"]
    first = graphcredit("overdue", party, *url, "--json").json
    assert first["next"]["due"]
    assert {"en", "zh"} <= set(first["letters"][0]["text"])
    told = graphcredit("overdue", party, *url, "--letter").out
    assert first["letters"][0]["text"]["en"].splitlines()[0] in told
    code = first["next"]["code"]
    assert graphcredit("collect", party, "--action", code, "--by", "li.wei", "--note", "sent by post", *url).code == 0
    promise = f"2026-12-31={D(first['overdue']):.2f}"
    assert (
        graphcredit("collect", party, "--promise", promise, "--by", "li.wei", *url, "--json").json["action"]
        == "promise"
    )
    after = graphcredit("overdue", party, *url, "--json").json
    assert (after["next"]["code"], after["promises"][0]["state"]) == (None, "open")
    assert [(step["action"], step["by"]) for step in after["history"]] == [(code, "li.wei"), ("promise", "li.wei")]
    assert "sent by post" in graphcredit("overdue", party, *url).out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("overdue", "F999999"), 3, "is not known"),
        (("overdue", "--creditor", "F999999"), 3, "is not known"),
        (("collect", "F000001", "--by", "li"), 2, "nothing to write down"),
        (("collect", "F000001", "--by", "li", "--action", "threat"), 2, "unknown action 'threat'"),
        (("collect", "F000001", "--by", "li", "--promise", "soon"), 2, "is no promise"),
        (("collect", "F000001", "--by", "li", "--promise", "soon=5"), 2, "is not a date"),
        (("collect", "F000001", "--by", "li", "--promise", "2030-01-01=0"), 2, "is none"),
        (("collect", "F999999", "--by", "li", "--action", "reminder"), 3, "is not known"),
    ],
)
def test_what_is_refused(demo: Demo, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = graphcredit(*arguments, "--store", demo.url)
    assert (done.code, said in done.err) == (code, True), done.err
    assert "remedy:" in done.err
