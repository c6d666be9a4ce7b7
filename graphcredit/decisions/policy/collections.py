"""What the policy says of collecting what is owed: buckets, dunning steps, discounts for early payment, deadlines."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from graphcredit.decisions.policy.numbers import Num, Positive, Source
from graphcredit.decisions.texts import Frozen, Text

LetterKind = Literal["due_soon", "reminder", "demand", "final_demand", "legal"]


class DunningStep(Frozen):
    """One step: from how many days past due (below 0 = before) and how large a sum, after which other step, with which letter.

    `interrupts`: a demand that starts the limitation period anew (PRC Civil Code Art. 195(1)).
    """

    code: Annotated[str, Field(min_length=2, pattern=r"^[a-z_]+$")]
    name: Text
    from_days: Annotated[int, Field(ge=-90, le=3650)]
    min_amount: Positive
    after: str | None = None
    wait_days: Annotated[int, Field(ge=0, le=365)] = 0  # since whatever was done last
    answer_days: Annotated[int, Field(ge=0, le=365)] = 7  # the letter asks for payment within so many days
    letter: LetterKind
    interrupts: bool = False


class EarlyDiscount(Frozen):
    """What is offered for paying before the due date."""

    apr: Num
    pay_within_days: Annotated[tuple[Annotated[int, Field(ge=0, le=90)], ...], Field(min_length=1)]
    min_days_early: Annotated[int, Field(ge=1)]
    min_amount: Num


class CollectionRule(Frozen):
    """Collections under a policy."""

    source: Source
    bucket_days: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]
    steps: Annotated[tuple[DunningStep, ...], Field(min_length=1)]
    late_interest: Num
    early_discount: EarlyDiscount
    promise_grace_days: Num
    limitation_years: Num
    limitation_warning_days: Num
    guarantee_months: Num
    enforcement_years: Num
    look_back_months: Num

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if any(low >= high for low, high in pairwise(self.bucket_days)):
            raise ValueError("collections.bucket_days must ascend")
        codes = [step.code for step in self.steps]
        if len(set(codes)) != len(codes):
            raise ValueError(f"collections.steps repeat: {codes}")
        for earlier, later in pairwise(self.steps):
            if later.from_days < earlier.from_days:
                raise ValueError(f"collections: step {later.code} comes before {earlier.code}, though listed after it")
        for position, step in enumerate(self.steps):
            if step.after is not None and step.after not in codes[:position]:
                raise ValueError(f"collections: step {step.code} follows {step.after!r}, which is no earlier step")
        return self

    def step(self, code: str) -> DunningStep | None:
        """A step by its code."""
        return next((step for step in self.steps if step.code == code), None)
