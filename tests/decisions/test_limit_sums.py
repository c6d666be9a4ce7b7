"""A limit's figures without its reasons: by the formula as it is written down, and those of the whole limit."""

from decimal import ROUND_DOWN, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.decisions import default_policy, headroom_book
from graphcredit.decisions.cover import Cover, CoverPart
from graphcredit.decisions.limits import LimitInputs, PartyScore, limit_from, limit_sums
from graphcredit.monitor import rerate
from graphcredit.store import CreditStore
from tests.decisions.test_headroom import facility, guarantee
from tests.decisions.world import DAY, FIRMS, build
from tests.monitor.world import books
from tests.support.stores import facts

D = Decimal
POLICY = default_policy()
money = st.integers(-(10**9), 10**11).map(lambda cents: D(cents).scaleb(-2))


@settings(max_examples=150, deadline=None)
@given(
    grade=st.sampled_from([*(row.grade for row in POLICY.master_scale.grades), None]),
    known=st.dictionaries(st.sampled_from(["net_worth", "turnover", "cash_flow"]), money),
    counted=st.integers(0, 10**11).map(lambda units: D(units).scaleb(-4)),
    contagion=st.none() | st.decimals(0, 1, places=4),
    dependence=st.decimals(0, 1, places=4),
)
def test_the_figures_follow_the_formula(
    grade: str | None, known: dict[str, D], counted: D, contagion: D | None, dependence: D
) -> None:
    score = grade and PartyScore(party_id="p", pd=D("0.01"), grade=grade, model_id="m", as_of=DAY)
    cover = Cover((CoverPart("joint", "g", "g", counted, counted),) if counted else ())
    inputs = LimitInputs(
        "p", score or None, tuple((k, v, "fact") for k, v in known.items()), cover, contagion, dependence
    )
    found, whole = limit_sums(inputs, POLICY), limit_from(inputs, POLICY)
    said = POLICY.model_dump()
    row = next((each for each in said["master_scale"]["grades"] if each["grade"] == grade), None)
    times = {"net_worth": "net_worth_share", "turnover": "turnover_share", "cash_flow": "cash_flow_multiple"}
    base = min((max(v, D(0)) * said["capacity"][times[k]]["value"] for k, v in known.items()), default=D(0))
    cuts = said["haircuts"]
    shaken = cuts["contagion_unknown"]["value"]
    if contagion is not None:
        shaken = min(contagion * cuts["contagion_sensitivity"]["value"], cuts["contagion_max"]["value"])
    leaning = max((s["haircut"] for s in cuts["dependence"] if dependence >= s["share_from"]), default=D(0))
    own = base * (row["limit_factor"] if row else 0) * (1 - shaken) * (1 - leaning)
    covered = min(
        cover.counted * (row["cover_factor"] if row else 0), own * said["cover"]["max_multiple_of_own"]["value"]
    )
    amount = min(own + covered, row["max_limit"] if row else D(0), POLICY.cap("single"))
    assert found.amount == max(amount, D(0)).quantize(D("0.01"), ROUND_DOWN)
    assert (found.own, found.cover_used) == (own, covered)
    for name in found.__slots__:
        assert getattr(found, name) == getattr(whole, name), name


def test_a_book_tells_the_same_before_and_after_it_worked_out_the_whole_limit(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    given_ = [guarantee("G1", "giver", "seller", 1_000_000), guarantee("G2", "seller", "giver", 400_000)]
    duckdb_store.upsert("guarantees", facts("guarantees", given_))
    duckdb_store.upsert(
        "facilities", facts("facilities", [facility("F1", "seller", 90_000_000), facility("F2", "third", 5_000)])
    )
    book = headroom_book(duckdb_store, POLICY, as_of=DAY)
    quick = {who: book.limit_sums(who) for who in FIRMS}
    whole = {who: book.limit(who) for who in FIRMS}
    assert any(limit.amount > 0 for limit in whole.values())
    for who in FIRMS:
        for name in quick[who].__slots__:
            assert getattr(quick[who], name) == getattr(whole[who], name), (who, name)
    cold, warm = books(duckdb_store), books(duckdb_store)
    for each in warm:
        for who in FIRMS:
            each.limit(who)
    found = rerate(duckdb_store, *cold, all_customers=True)
    assert found == rerate(duckdb_store, *warm, all_customers=True)
    assert {each.party_id for each in found} >= {"seller", "third"}
