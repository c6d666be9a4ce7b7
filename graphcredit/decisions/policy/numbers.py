"""Numbers of a policy: a value and where it comes from."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from graphcredit.decisions.texts import Frozen

Share = Annotated[Decimal, Field(ge=0, le=1)]
Positive = Annotated[Decimal, Field(ge=0)]
Source = Annotated[str, Field(min_length=3)]


class Num(Frozen):
    """A number and where it comes from ("house choice" where nobody prescribes it)."""

    value: Positive
    source: Source
