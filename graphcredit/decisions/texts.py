"""What a decision says: reasons with figures and their sources, in English and Simplified Chinese."""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from graphcredit.decisions.amounts import plain


class Frozen(BaseModel):
    """Base of the room's value objects: immutable, nothing unknown, exact decimals."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def told(self) -> dict[str, Any]:
        """Its fields as they are written."""
        return self.__dict__

    def but(self, **changes: Any) -> Self:
        """The same with other values in some fields, which are checked; quicker than a copy."""
        return type(self)(**{**self.__dict__, **changes})


class Text(Frozen):
    """One sentence in both languages."""

    en: str
    zh: str


class Weight(StrEnum):
    """What a reason does to the answer, strongest first."""

    BLOCK = "block"
    REFER = "refer"
    BOUND = "bound"
    CONDITION = "condition"
    WARNING = "warning"
    SUPPORT = "support"


ORDER = tuple(Weight)


class Figure(Frozen):
    """One number of a reason and where it comes from: a fact, the policy, the model, or a calculation on them."""

    name: str
    value: str
    source: str


class Reason(Frozen):
    """One ranked reason; rank 1 is the strongest."""

    code: str
    weight: Weight
    text: Text
    figures: tuple[Figure, ...] = ()
    rank: int = 0
    path: tuple[str, ...] = ()


class Condition(Frozen):
    """What must be fulfilled before or while money is out."""

    code: str
    text: Text


def figure(name: str, value: Any, source: str) -> Figure:
    """A figure with its value as text."""
    return Figure(name=name, value=str(plain(value)), source=source)


def reason(code: str, weight: Weight, en: str, zh: str, *figures: Figure, path: Iterable[str] = ()) -> Reason:
    """A reason in both languages."""
    return Reason(code=code, weight=weight, text=Text(en=en, zh=zh), figures=figures, path=tuple(path))


def condition(code: str, en: str, zh: str) -> Condition:
    """A condition in both languages."""
    return Condition(code=code, text=Text(en=en, zh=zh))


def ranked(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Reasons by weight, ties by the order in which they were found, numbered from 1."""
    ordered = sorted(reasons, key=lambda each: ORDER.index(each.weight))
    return tuple(each.but(rank=rank) for rank, each in enumerate(ordered, 1))


def fact(table: str, *key: str) -> str:
    """The name of a source fact: table and key."""
    return f"{table}/{'/'.join(key)}"


def decimal_of(value: float) -> Decimal:
    """A float of a model (a PD, a share) as the decimal a person would write for it."""
    return Decimal(repr(float(value)))
