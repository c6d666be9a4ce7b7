"""Repayment plans: equal instalments, equal principal, interest first, bullet, seasonal.

Each period's interest is what is owed times rate times year fraction, to the cent; principal parts sum to the amount lent
exactly, the last one takes what rounding left. Interest runs to the due date before it is rolled off a holiday unless
`adjust_interest`, then to the rolled one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any, Literal

from graphcredit.decisions.amounts import ZERO, cents, plain
from graphcredit.decisions.plans.calendar import ROLLS, Calendar, months_later, roll
from graphcredit.decisions.plans.daycount import DayCount, year_fraction
from graphcredit.decisions.texts import Text
from graphcredit.exc import InputError

PlanKind = Literal["equal_instalments", "equal_principal", "interest_first", "bullet", "seasonal"]
PLAN_KINDS = ("equal_instalments", "equal_principal", "interest_first", "bullet", "seasonal")
LONGEST = 600


@dataclass(frozen=True, slots=True)
class Row:
    """One payment: `due` as agreed, `paid_on` the working day; `balance` is what is owed after it."""

    number: int
    due: date
    paid_on: date
    principal: Decimal
    interest: Decimal
    balance: Decimal

    @property
    def payment(self) -> Decimal:
        """Principal and interest."""
        return self.principal + self.interest


@dataclass(frozen=True, slots=True)
class Early:
    """What was repaid before it was due."""

    on: date
    principal: Decimal
    interest: Decimal
    fee: Decimal = ZERO


@dataclass(frozen=True)
class Plan:
    """A plan with what it was made from; amounts in the loan's currency, `rate` a year.

    `fees` come off what is paid out; `early` holds repayments that were made besides the rows; `notes` say what the dates do
    not take into account.
    """

    kind: str
    amount: Decimal
    rate: Decimal
    start: date
    day_count: str
    rows: tuple[Row, ...]
    fees: Decimal = ZERO
    early: tuple[Early, ...] = ()
    notes: tuple[Text, ...] = ()

    @property
    def total_interest(self) -> Decimal:
        """All interest."""
        return sum((row.interest for row in self.rows), ZERO) + sum((part.interest for part in self.early), ZERO)

    @property
    def total_paid(self) -> Decimal:
        """All principal and interest, fees apart."""
        repaid = sum((row.principal for row in self.rows), ZERO) + sum((part.principal for part in self.early), ZERO)
        return self.total_interest + repaid

    @property
    def effective_annual_rate(self) -> Decimal:
        """The yearly rate at which all payments, fees included, are worth the amount lent; see `effective_rate`."""
        from graphcredit.decisions.plans.rate import effective_rate

        flows = [(self.start, self.amount - self.fees)] + [(row.paid_on, -row.payment) for row in self.rows]
        flows += [(part.on, -(part.principal + part.interest + part.fee)) for part in self.early]
        return effective_rate(flows)

    def to_json(self) -> dict[str, Any]:
        """JSON-able, decimals as text."""
        return {
            "kind": self.kind,
            "amount": plain(self.amount),
            "rate": plain(self.rate),
            "start": plain(self.start),
            "day_count": self.day_count,
            "fees": plain(self.fees),
            "total_interest": plain(self.total_interest),
            "total_paid": plain(self.total_paid),
            "effective_annual_rate": plain(self.effective_annual_rate),
            "rows": [
                {
                    "number": row.number,
                    "due": plain(row.due),
                    "paid_on": plain(row.paid_on),
                    "payment": plain(row.payment),
                    "principal": plain(row.principal),
                    "interest": plain(row.interest),
                    "balance": plain(row.balance),
                }
                for row in self.rows
            ],
            "early": [
                {
                    "on": plain(part.on),
                    "principal": plain(part.principal),
                    "interest": plain(part.interest),
                    "fee": plain(part.fee),
                }
                for part in self.early
            ],
            "notes": [note.model_dump() for note in self.notes],
        }

    def to_csv(self) -> str:
        """One line a payment; what was repaid early stands between them, without number and balance."""
        lines = [
            (
                r.due,
                f"{r.number},{r.due},{r.paid_on},{r.payment:.2f},{r.principal:.2f},{r.interest:.2f},{r.balance:.2f}",
            )
            for r in self.rows
        ]
        lines += [
            (p.on, f"early,{p.on},{p.on},{p.principal + p.interest:.2f},{p.principal:.2f},{p.interest:.2f},")
            for p in self.early
        ]
        head = "number,due,paid_on,payment,principal,interest,balance"
        return "\n".join([head, *(text for _, text in sorted(lines, key=lambda line: line[0]))]) + "\n"


def repayment_plan(
    kind: PlanKind | str,
    amount: Decimal,
    rate: Decimal,
    periods: int,
    start: date,
    *,
    day_count: DayCount | str = "MONTHLY",
    every_months: int = 1,
    options: "PlanOptions | None" = None,
) -> Plan:
    """A repayment plan.

    Args:
        kind: equal_instalments (等额本息), equal_principal (等额本金), interest_first (interest each period, principal at the
            end), bullet (everything at the end), seasonal (principal in the months of `options.season`).
        amount: lent, whole cents, above 0.
        rate: nominal, a year, 0 or more.
        periods: number of payments; `every_months` apart.
        start: day of the draw-down.
        day_count: MONTHLY, 30/360, ACT/365 or ACT/360.
        options: holidays, rolling, fees, season.

    Raises:
        InputError: an unknown kind or day count, amount, rate or periods out of range, a season without weight.
    """
    given = options or PlanOptions()
    _check(kind, amount, rate, periods, every_months)
    _check_options(amount, given)
    dues = [months_later(start, every_months * k, anchor=start.day) for k in range(1, periods + 1)]
    paid = [roll(due, given.calendar, given.roll) for due in dues]
    ends = paid if given.adjust_interest else dues
    fractions = [year_fraction(a, b, day_count) for a, b in zip([start, *ends[:-1]], ends, strict=True)]
    principal = _principal(kind, amount, rate, fractions, dues, given)
    if kind == "bullet":
        interest = interest_of(amount, rate, sum(fractions, Fraction(0)))
        rows = [Row(1, dues[-1], paid[-1], amount, interest, ZERO)]
    else:
        rows, balance = [], amount
        for number, (due, on, part, fraction) in enumerate(zip(dues, paid, principal, fractions, strict=True), 1):
            rows.append(Row(number, due, on, part, interest_of(balance, rate, fraction), balance - part))
            balance -= part
        while len(rows) > 1 and kind == "seasonal" and rows[-1].payment == 0:  # nothing is due after the season
            rows.pop()
    notes = _notes(given, rows)
    return Plan(str(kind), amount, rate, start, str(day_count), tuple(rows), given.fees, notes=notes)


@dataclass(frozen=True)
class PlanOptions:
    """What a plan may need besides: `season` maps month (1-12) to its weight of principal."""

    calendar: Calendar | None = None
    roll: str = "following"
    adjust_interest: bool = False
    fees: Decimal = ZERO
    season: tuple[tuple[int, Decimal], ...] = ()


def _notes(given: PlanOptions, rows: Sequence[Row]) -> tuple[Text, ...]:
    """Years of payments of which the calendar knows no holiday: there, only weekends move a payment."""
    if given.calendar is None or given.roll == "none":
        return ()
    paid = {day.year for row in rows for day in (row.due, row.paid_on)}
    missing = ", ".join(map(str, sorted(paid - given.calendar.years)))
    if not missing:
        return ()
    name = given.calendar.name
    return (
        Text(
            en=f"the calendar {name} holds no public holidays of {missing} (China publishes a year's in the November before): "
            f"payments there move off weekends only; give a file of them beside it, {name},FILE",
            zh=f"日历 {name} 不含 {missing} 年法定节假日（国务院办公厅一般于上年11月公布）：该年还款日仅避开周末；"
            f"请附加节假日文件：{name},文件",
        ),
    )


def interest_of(balance: Decimal, rate: Decimal, fraction: Fraction) -> Decimal:
    """Simple interest over a year fraction, to the cent."""
    with localcontext() as context:
        context.prec = 50
        return cents(balance * rate * fraction.numerator / fraction.denominator)


def _check(kind: str, amount: Decimal, rate: Decimal, periods: int, every: int) -> None:
    if kind not in PLAN_KINDS:
        raise InputError(f"unknown plan {kind!r}", remedy=f"one of {', '.join(PLAN_KINDS)}")
    if not amount.is_finite() or amount <= 0:
        raise InputError(f"the amount must be above 0, not {amount}", remedy="give what is lent")
    if amount != cents(amount):
        raise InputError(f"the amount {amount} has more than two decimals", remedy="round it to the cent")
    if not rate.is_finite() or not 0 <= rate <= 10:
        raise InputError(f"the rate {rate} is not between 0 and 10 a year", remedy="write 0.05 for 5%")
    if not 1 <= periods <= LONGEST or not 1 <= every <= 12:
        raise InputError(
            f"{periods} payments every {every} months cannot be planned",
            remedy=f"1 to {LONGEST} payments, 1 to 12 months apart",
        )


def _check_options(amount: Decimal, given: PlanOptions) -> None:
    if not given.fees.is_finite() or not 0 <= given.fees < amount:
        raise InputError(f"fees of {given.fees} are not below the amount", remedy="give 0 or more, less than is lent")
    if given.roll not in ROLLS:
        raise InputError(f"unknown business-day rule {given.roll!r}", remedy=f"one of {', '.join(ROLLS)}")
    if any(not weight.is_finite() or weight < 0 or not 1 <= month <= 12 for month, weight in given.season):
        raise InputError("a season maps months 1-12 to weights not below 0", remedy="for example 10: 1, 11: 2")
    if len({month for month, _ in given.season}) < len(given.season):
        raise InputError("the season names a month twice", remedy="give each month once")


def _principal(
    kind: str, amount: Decimal, rate: Decimal, fractions: Sequence[Fraction], dues: Sequence[date], given: PlanOptions
) -> list[Decimal]:
    n = len(fractions)
    if kind in ("interest_first", "bullet"):
        return [ZERO] * (n - 1) + [amount]
    if kind == "equal_principal":
        return _shares(amount, [Decimal(1)] * n)
    if kind == "seasonal":
        weights = dict(given.season)
        by_date = [weights.get(due.month, ZERO) for due in dues]
        if not any(by_date):
            raise InputError("no payment falls into the season", remedy="give months in which payments are due")
        return _shares(amount, by_date)
    return _annuity(amount, rate, fractions)


def _shares(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Parts in proportion, to the cent; the last part with a weight takes the remainder."""
    total, left = sum(weights, ZERO), amount
    last = max(position for position, weight in enumerate(weights) if weight)
    parts = []
    for position, weight in enumerate(weights):
        part = left if position == last else min(cents(amount * weight / total), left)
        part = ZERO if position > last else part
        parts.append(part)
        left -= part
    return parts


def _annuity(amount: Decimal, rate: Decimal, fractions: Sequence[Fraction]) -> list[Decimal]:
    """Principal parts under one instalment: amount / sum of discount factors, to the cent; the last takes the rest."""
    with localcontext() as context:
        context.prec = 50
        factor, annuity = Decimal(1), ZERO
        for fraction in fractions:
            factor /= 1 + rate * fraction.numerator / fraction.denominator
            annuity += factor
        instalment = cents(amount / annuity)
    parts, balance = [], amount
    for position, fraction in enumerate(fractions):
        part = balance
        if position < len(fractions) - 1:
            part = min(max(instalment - interest_of(balance, rate, fraction), ZERO), balance)
        parts.append(part)
        balance -= part
    return parts
