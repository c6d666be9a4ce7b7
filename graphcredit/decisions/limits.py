"""A party's own limit: capacity x grade, less haircuts, widened by cover, under the caps on one party.

    own   = min(known of: net worth x share, turnover x share, cash flow x multiple) x limit_factor(grade)
            x (1 - contagion haircut) x (1 - dependence haircut)
    limit = min(own + min(cover x cover_factor(grade), multiple x own), max_limit(grade), cap on one party)

Monotone by construction: more cover never lowers it, a worse grade never raises it. Rounded down to the cent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from graphcredit.decisions.amounts import ZERO, amount_text, cents_down, percent, plain
from graphcredit.decisions.canonical import as_read
from graphcredit.decisions.cover import Cover
from graphcredit.decisions.policy.model import Policy
from graphcredit.decisions.positions import Book
from graphcredit.decisions.texts import Figure, Frozen, Reason, Weight, figure, reason


class ScoreLike(Protocol):
    """What a decision needs of a score; `graphcredit.scoring` makes them."""

    @property
    def party_id(self) -> str:
        """Whose score."""
        ...

    @property
    def pd(self) -> float:
        """Probability of default within a year."""
        ...

    @property
    def grade(self) -> str:
        """Grade on the master scale of the model."""
        ...

    @property
    def model_id(self) -> str:
        """Which model."""
        ...


class PartyScore(Frozen):
    """A score as a decision keeps it: PD as the shortest decimal of the model's float."""

    party_id: str
    pd: Decimal
    grade: str
    points: Decimal | None = None
    model_id: str
    as_of: date | None = None
    reasons: tuple[dict[str, Any], ...] = ()


def party_score(given: Any, policy: Policy) -> PartyScore:
    """A score object or a score record's body as a PartyScore; the grade is the policy's for that PD."""
    body: Mapping[str, Any] = given if isinstance(given, Mapping) else _attributes(given)
    pd = Decimal(repr(float(body["pd"])))
    points = body.get("points")
    day = body.get("as_of")
    told = [item if isinstance(item, Mapping) else _body(item) for item in (body.get("reasons") or ())]
    return PartyScore(
        party_id=str(body["party_id"]),
        pd=pd,
        grade=policy.scale.grade(float(pd)),
        points=None if points is None else Decimal(repr(float(points))),
        model_id=str(body["model_id"]),
        as_of=date.fromisoformat(day[:10])
        if isinstance(day, str)
        else day.date()
        if isinstance(day, datetime)
        else day,
        reasons=tuple(as_read(told[:8])),
    )


def _attributes(given: Any) -> dict[str, Any]:
    return {name: getattr(given, name, None) for name in ("party_id", "pd", "points", "model_id", "as_of", "reasons")}


def _body(item: Any) -> Mapping[str, Any]:
    found = item.body() if hasattr(item, "body") else {"text": str(item)}
    return found if isinstance(found, Mapping) else {"text": str(found)}


class CapacityPart(Frozen):
    """One measure of capacity: what is stated, times what, and the fact behind it."""

    name: str
    stated: Decimal
    factor: Decimal
    amount: Decimal
    source: str


class Limit(Frozen):
    """A party's own limit with everything it was made from."""

    party_id: str
    grade: str | None
    pd: Decimal | None
    capacity: tuple[CapacityPart, ...]
    limit_factor: Decimal
    contagion_haircut: Decimal
    dependence_haircut: Decimal
    dependence_share: Decimal
    own: Decimal
    cover_counted: Decimal
    cover_circular: Decimal
    cover_used: Decimal
    cover_parts: tuple[dict[str, str], ...]
    cap: Decimal
    amount: Decimal
    bound_by: str
    reasons: tuple[Reason, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON-able, decimals as text."""
        return dict(plain(self.model_dump()))


@dataclass(frozen=True)
class LimitInputs:
    """What a limit is computed from, for one party."""

    party_id: str
    score: PartyScore | None
    capacity: tuple[tuple[str, Decimal, str], ...]  # (net_worth | turnover | cash_flow, yearly amount, source)
    cover: Cover
    contagion: Decimal | None  # expected share of equity lost through others; None where no equity is known
    dependence: Decimal  # largest share of sales or purchases with one partner


def capacity_facts(book: Book, party: int) -> tuple[tuple[str, Decimal, str], ...]:
    """Net worth, turnover and cash flow of a party as far as they are known, each with its source."""
    found = []
    if worth := book.stated("equity", party):
        found.append(("net_worth", *worth))
    turnover = book.stated("revenue", party)
    if turnover is None and book.documents.sales[party] > 0:
        turnover = (
            Decimal(int(book.documents.sales[party])).scaleb(-4),
            f"transactions of the last 12 months sold by {book.ids[party]}",
        )
    if turnover:
        found.append(("turnover", *turnover))
    if flow := book.stated("operating_cash_flow", party):
        found.append(("cash_flow", *flow))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class LimitSums:
    """The figures of a limit, without what it was made from and the words about it; see `Limit`."""

    grade: str | None
    limit_factor: Decimal
    contagion_haircut: Decimal
    dependence_haircut: Decimal
    own: Decimal
    cover_used: Decimal
    cap: Decimal
    amount: Decimal
    bound_by: str


def limit_sums(inputs: LimitInputs, policy: Policy) -> LimitSums:
    """The figures of one party's limit; 0 without a score or without any known capacity."""
    row = None if inputs.score is None else policy.grade_row(inputs.score.grade)
    factors = _factors(policy)
    base = min((max(stated, ZERO) * factors[name] for name, stated, _ in inputs.capacity), default=ZERO)
    factor = row.limit_factor if row else ZERO
    contagion = contagion_haircut(inputs.contagion, policy)
    dependence = dependence_haircut(inputs.dependence, policy)
    own = base * factor * (1 - contagion) * (1 - dependence)
    cover = min(
        inputs.cover.counted * (row.cover_factor if row else ZERO), policy.cover.max_multiple_of_own.value * own
    )
    bounds = {
        "own capacity and cover": own + cover,
        "cap of the grade": row.max_limit if row else ZERO,
        "cap on one party": policy.cap("single"),
    }
    bound = min(bounds, key=lambda name: bounds[name])
    return LimitSums(
        grade=inputs.score.grade if inputs.score else None,
        limit_factor=factor,
        contagion_haircut=contagion,
        dependence_haircut=dependence,
        own=own,
        cover_used=cover,
        cap=min(bounds["cap of the grade"], bounds["cap on one party"]),
        amount=cents_down(max(bounds[bound], ZERO)),
        bound_by=bound,
    )


def limit_from(inputs: LimitInputs, policy: Policy) -> Limit:
    """The limit of one party with what it was made from; 0 without a score or without any known capacity."""
    sums, factors = limit_sums(inputs, policy), _factors(policy)
    made = Limit(
        party_id=inputs.party_id,
        grade=sums.grade,
        pd=inputs.score.pd if inputs.score else None,
        capacity=tuple(
            CapacityPart(
                name=name, stated=stated, factor=factors[name], amount=max(stated, ZERO) * factors[name], source=source
            )
            for name, stated, source in inputs.capacity
        ),
        limit_factor=sums.limit_factor,
        contagion_haircut=sums.contagion_haircut,
        dependence_haircut=sums.dependence_haircut,
        dependence_share=inputs.dependence,
        own=sums.own,
        cover_counted=inputs.cover.counted,
        cover_circular=inputs.cover.circular,
        cover_used=sums.cover_used,
        cover_parts=tuple(
            {"kind": p.kind, "giver": p.giver, "stated": str(p.stated), "counted": str(p.counted), "source": p.source}
            for p in inputs.cover.parts
        ),
        cap=sums.cap,
        amount=sums.amount,
        bound_by=sums.bound_by,
        reasons=(),
    )
    return made.but(reasons=tuple(_reasons(made, inputs, policy)))


def _factors(policy: Policy) -> dict[str, Decimal]:
    rule = policy.capacity
    return {
        "net_worth": rule.net_worth_share.value,
        "turnover": rule.turnover_share.value,
        "cash_flow": rule.cash_flow_multiple.value,
    }


def contagion_haircut(expected_loss: Decimal | None, policy: Policy) -> Decimal:
    """Haircut for the share of equity that a party is expected to lose through others."""
    rule = policy.haircuts
    if expected_loss is None:
        return rule.contagion_unknown.value
    return min(expected_loss * rule.contagion_sensitivity.value, rule.contagion_max.value)


def dependence_haircut(share: Decimal, policy: Policy) -> Decimal:
    """Haircut for the largest share of sales or purchases with one partner."""
    reached = [step.haircut for step in policy.haircuts.dependence if share >= step.share_from]
    return reached[-1] if reached else ZERO


def _reasons(limit: Limit, inputs: LimitInputs, policy: Policy) -> Sequence[Reason]:
    said = []
    if limit.grade is None:
        said.append(
            reason(
                "no_score",
                Weight.REFER,
                "no score of this party is known, so it has no limit",
                "该企业尚无评分，因此没有额度",
            )
        )
    if not limit.capacity:
        said.append(
            reason(
                "no_capacity",
                Weight.BOUND,
                "neither net worth, turnover nor cash flow is known",
                "净资产、营业额、现金流均未知",
            )
        )
    names = {"net_worth": "净资产", "turnover": "营业额", "cash_flow": "经营现金流"}
    if limit.capacity:
        smallest = min(limit.capacity, key=lambda part: part.amount)
        said.append(
            reason(
                "own_capacity",
                Weight.BOUND,
                f"own capacity {amount_text(limit.own)}: {smallest.name.replace('_', ' ')} {amount_text(smallest.stated)} "
                f"x {smallest.factor} x {limit.limit_factor} (grade {limit.grade}), less haircuts",
                f"自身承债能力 {amount_text(limit.own)}：{names[smallest.name]} "
                f"{amount_text(smallest.stated)} × {smallest.factor} "
                f"× {limit.limit_factor}（评级 {limit.grade}），并扣减折扣",
                figure(smallest.name, smallest.stated, smallest.source),
                figure("factor", smallest.factor, f"policy {policy.label} capacity"),
                figure("limit_factor", limit.limit_factor, f"policy {policy.label} master_scale {limit.grade}"),
            )
        )
    for code, share, haircut, zh in (
        ("contagion", inputs.contagion, limit.contagion_haircut, "传染"),
        ("dependence", inputs.dependence, limit.dependence_haircut, "依赖"),
    ):
        if haircut > 0:
            known = "unknown" if share is None else percent(share)
            said.append(
                reason(
                    f"{code}_haircut",
                    Weight.BOUND,
                    f"{code} haircut {percent(haircut)} for {known}",
                    f"{zh}折扣 {percent(haircut)}（{'未知' if share is None else percent(share)}）",
                    figure(code, "unknown" if share is None else share, "network as of the day"),
                    figure("haircut", haircut, f"policy {policy.label} haircuts"),
                )
            )
    if limit.cover_parts:
        said.append(_cover_reason(limit, inputs, policy))
    return said


def _cover_reason(limit: Limit, inputs: LimitInputs, policy: Policy) -> Reason:
    figures: list[Figure] = [figure(f"{p.kind} of {p.giver}", p.counted, p.source) for p in inputs.cover.parts[:10]]
    circle = f", {amount_text(limit.cover_circular)} of it in circles" if limit.cover_circular else ""
    kreis = f"，其中 {amount_text(limit.cover_circular)} 为互保圈内循环" if limit.cover_circular else ""
    return reason(
        "cover",
        Weight.SUPPORT,
        f"cover counts for {amount_text(limit.cover_used)}{circle}",
        f"增信计入 {amount_text(limit.cover_used)}{kreis}",
        *figures,
        figure("max_multiple_of_own", policy.cover.max_multiple_of_own.value, f"policy {policy.label} cover"),
        path=inputs.cover.circle,
    )
