"""What the API answers, typed: amounts as exact decimals, days as dates; `raw` holds the whole answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

Raw = Mapping[str, Any]


def money(value: Any) -> Decimal:
    """An amount as an exact decimal."""
    return Decimal(str(value if value is not None else 0))


def day(value: Any) -> date | None:
    """A day, None where there is none."""
    return date.fromisoformat(str(value)[:10]) if value else None


@dataclass(frozen=True)
class Party:
    """Who a party is, as of a day; `stale` when the server answered from its last snapshot."""

    party_id: str
    name: str
    kind: str
    uscc: str | None
    industry: str | None
    region: str | None
    status: str | None
    stale: bool
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, raw: Raw) -> "Party":
        """From the API's answer."""
        known = {name: raw.get(name) for name in ("uscc", "industry", "region", "status")}
        return cls(
            str(raw["party_id"]), str(raw.get("name") or ""), str(raw.get("kind") or ""),
            known["uscc"], known["industry"], known["region"], known["status"], bool(raw.get("stale")), raw,
        )  # fmt: skip


@dataclass(frozen=True)
class Reason:
    """Why, in both languages; `points` of a score's reason, `code` of a decision's."""

    en: str
    zh: str
    points: float | None
    code: str | None
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, raw: Raw) -> "Reason":
        """From the API's answer."""
        text = raw.get("text") or {}
        points = raw.get("points")
        return cls(
            str(text.get("en", "")),
            str(text.get("zh", "")),
            None if points is None else float(points),
            raw.get("code"),
            raw,
        )


@dataclass(frozen=True)
class Score:
    """PD within a year, grade and points with reasons that add up."""

    party_id: str
    pd: float
    grade: str
    points: float
    model_id: str
    as_of: date | None
    reasons: tuple[Reason, ...]
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, raw: Raw) -> "Score":
        """From the API's answer."""
        return cls(
            str(raw["party_id"]), float(raw["pd"]), str(raw["grade"]), float(raw["points"]), str(raw["model_id"]),
            day(raw.get("as_of")), tuple(Reason.of(each) for each in raw.get("reasons", ())), raw,
        )  # fmt: skip


@dataclass(frozen=True)
class BulkScores:
    """Scores of many, and the problem of each item that has none: (index, party id, code)."""

    scores: tuple[Score, ...]
    problems: tuple[tuple[int, str | None, str], ...]

    @classmethod
    def of(cls, raw: Raw, day_of: date | None = None) -> "BulkScores":
        """From the API's answer."""
        scores = tuple(Score.of({"as_of": day_of, **each}) for each in raw["scores"])
        return cls(scores, tuple((int(e["index"]), e["party_id"], str(e["code"])) for e in raw["errors"]))


@dataclass(frozen=True)
class Line:
    """One cap of a headroom."""

    kind: str
    name: str
    cap: Decimal
    used: Decimal
    claimed: Decimal
    available: Decimal
    path: tuple[str, ...]

    @classmethod
    def of(cls, raw: Raw) -> "Line":
        """From the API's answer."""
        amounts = [money(raw[name]) for name in ("cap", "used", "claimed", "available")]
        path = tuple(str(step["en"]) for step in raw.get("path", ()))
        return cls(str(raw["kind"]), str(raw["name"]), amounts[0], amounts[1], amounts[2], amounts[3], path)


@dataclass(frozen=True)
class Headroom:
    """What may still be lent, and the cap that binds."""

    party_id: str
    as_of: date | None
    available: Decimal
    binding: Line
    lines: tuple[Line, ...]
    blocks: tuple[Reason, ...]
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, raw: Raw) -> "Headroom":
        """From the API's answer."""
        lines = tuple(Line.of(each) for each in raw["lines"])
        blocks = tuple(Reason.of(each) for each in raw["blocks"])
        return cls(
            str(raw["party_id"]),
            day(raw["as_of"]),
            money(raw["available"]),
            Line.of(raw["binding"]),
            lines,
            blocks,
            raw,
        )


@dataclass(frozen=True)
class Exposure:
    """What uses up a party's limit."""

    party_id: str
    total: Decimal
    facts: Decimal
    decided: Decimal
    receivable: Decimal
    overdue: Decimal
    overdue_days: int
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, raw: Raw) -> "Exposure":
        """From the API's answer."""
        return cls(
            str(raw["party_id"]), money(raw["total"]), money(raw["facts"]), money(raw["decided"]),
            money(raw["receivable"]), money(raw["overdue"]), int(raw["overdue_days"]), raw,
        )  # fmt: skip


@dataclass(frozen=True)
class Decision:
    """An application's answer with its reasons; it counts once `state` is final."""

    decision_id: str
    application_id: str | None
    party_id: str
    product: str
    outcome: str
    amount: Decimal
    rate: Decimal | None
    state: str
    conditions: tuple[Reason, ...]
    reasons: tuple[Reason, ...]
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, raw: Raw) -> "Decision":
        """From the API's answer."""
        rate = raw.get("rate")
        return cls(
            str(raw["decision_id"]), raw.get("application_id"), str(raw["party_id"]), str(raw["product"]),
            str(raw["outcome"]), money(raw["amount"]), None if rate is None else money(rate),
            str((raw.get("approval") or {}).get("state", "final")),
            tuple(Reason.of(each) for each in raw.get("conditions") or ()),
            tuple(Reason.of(each) for each in raw.get("reasons") or ()), raw,
        )  # fmt: skip

    @property
    def granted(self) -> bool:
        """Whether money may flow: approved, with or without conditions, and final."""
        return self.state == "final" and self.outcome in ("approve", "approve_with_conditions")


@dataclass(frozen=True)
class BulkDecision:
    """One item of a bulk: its decision, or its problem (code, detail, remedy)."""

    index: int
    decision: Decision | None
    problem: tuple[str, str, str] | None

    @classmethod
    def of(cls, raw: Raw) -> "BulkDecision":
        """From the API's answer."""
        if raw["status"] == "decided":
            return cls(int(raw["index"]), Decision.of(raw["decision"]), None)
        told = raw["problem"]
        return cls(int(raw["index"]), None, (str(told["code"]), str(told["detail"]), str(told["remedy"])))


@dataclass(frozen=True)
class OrderCheck:
    """Whether an order may go ahead: ok, warn or block."""

    verdict: str
    left: Decimal
    hold: bool
    reasons: tuple[Reason, ...]
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, raw: Raw) -> "OrderCheck":
        """From the API's answer."""
        reasons = tuple(Reason.of(each) for each in raw["reasons"])
        return cls(str(raw["verdict"]), money(raw["left"]), bool(raw["hold"]), reasons, raw)


@dataclass(frozen=True)
class Loss:
    """What one party loses to a shock, and the main path by which it comes."""

    party_id: str
    name: str
    loss: float
    defaulted: bool
    path: tuple[str, ...]

    @classmethod
    def of(cls, raw: Raw) -> "Loss":
        """From the API's answer."""
        path = tuple(str(step) for step in raw.get("path", ()))
        return cls(str(raw["party_id"]), str(raw["name"]), float(raw["loss"]), bool(raw.get("defaulted")), path)


@dataclass(frozen=True)
class Stress:
    """What a shock does to everyone else and to lenders."""

    total_loss: float
    book_loss: float
    new_defaults: int
    converged: bool
    parties: tuple[Loss, ...]
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, raw: Raw) -> "Stress":
        """From the API's answer."""
        return cls(
            float(raw["total_loss"]), float(raw["book_loss"] or 0), int(raw["new_defaults"]), bool(raw["converged"]),
            tuple(Loss.of(each) for each in raw["parties"]), raw,
        )  # fmt: skip


@dataclass(frozen=True)
class Job:
    """A long computation: queued, running, done, failed, cancelled or lost."""

    job_id: str
    kind: str
    state: str
    done: int
    total: int
    seconds_left: float | None
    problem: Raw | None
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, raw: Raw) -> "Job":
        """From the API's answer."""
        progress = raw.get("progress") or {}
        return cls(
            str(raw["job_id"]), str(raw["kind"]), str(raw["state"]), int(progress.get("done", 0)),
            int(progress.get("total", 0)), raw.get("seconds_left"), raw.get("problem"), raw,
        )  # fmt: skip

    @property
    def over(self) -> bool:
        """Whether it runs no more."""
        return self.state not in ("queued", "running")


@dataclass(frozen=True)
class Alert:
    """Something that was not so on one day and is so on a later one."""

    alert_id: str
    kind: str
    severity: str
    party_id: str
    as_of: date | None
    en: str
    zh: str
    path: tuple[str, ...]
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, raw: Raw) -> "Alert":
        """From the API's answer."""
        text = raw.get("text") or {}
        return cls(
            str(raw["alert_id"]), str(raw["kind"]), str(raw["severity"]), str(raw.get("party_id") or ""),
            day(raw.get("as_of")), str(text.get("en", "")), str(text.get("zh", "")), tuple(raw.get("path") or ()), raw,
        )  # fmt: skip


@dataclass(frozen=True)
class Review:
    """What the policy proposes for one customer's limit."""

    party_id: str
    action: str
    limit_before: Decimal
    limit: Decimal
    used: Decimal
    cover_wanted: Decimal
    repay: Decimal
    review_due: date | None
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, raw: Raw) -> "Review":
        """From the API's answer."""
        return cls(
            str(raw["party_id"]), str(raw["action"]), money(raw["limit_before"]), money(raw["limit"]),
            money(raw["used"]), money(raw["cover_wanted"]), money(raw["repay"]), day(raw["review_due"]), raw,
        )  # fmt: skip


@dataclass(frozen=True)
class AuditEntry:
    """Who saw or did what."""

    n: int
    at: str
    who: str
    role: str
    action: str
    outcome: str
    status: int
    about: Raw
    request_id: str

    @classmethod
    def of(cls, raw: Raw) -> "AuditEntry":
        """From the API's answer."""
        return cls(
            int(raw["n"]), str(raw["at"]), str(raw["who"]), str(raw["role"]), str(raw["action"]), str(raw["outcome"]),
            int(raw["status"]), raw["object"], str(raw["request_id"]),
        )  # fmt: skip
