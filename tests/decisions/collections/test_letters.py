"""Letters: every kind is whole, in both languages, and signed by whom it says."""

from datetime import date
from decimal import Decimal

import pytest

from graphcredit.decisions.collections.letters import OPENING, letters_of
from tests.decisions.world import DAY

D = Decimal


@pytest.mark.parametrize("kind", sorted(OPENING))
def test_a_letter_of_every_kind_is_whole_and_signed_by_whom_it_says(kind: str) -> None:
    made = letters_of(
        kind, debtor="D", creditor_id="c", creditor="C Ltd", day=DAY, answer_by=date(2026, 7, 10),
        invoices=[("N1", date(2026, 5, 26), "CNY", D("1000"), D("4.32"))], rate=D("0.045"),
    ).text  # fmt: skip
    agent = kind == "legal"
    for text, claims in ((made.en, "4.50% a year"), (made.zh, "年利率 4.50%")):
        assert not set("{}") & set(text)
        assert "CNY 1,000.00" in text
        assert (claims in text) == (kind in {"demand", "final_demand", "legal"})
    assert made.en.splitlines()[-1] == ("For C Ltd, 2026-06-30" if agent else "C Ltd, 2026-06-30")
    assert made.zh.splitlines()[-1] == ("C Ltd 代理人，2026-06-30" if agent else "C Ltd，2026-06-30")
