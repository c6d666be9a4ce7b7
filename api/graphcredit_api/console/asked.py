"""What a list of the book is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from graphcredit_api.services import Services


@dataclass(frozen=True)
class Asked:
    """What a list is asked for: the day, filters by column, and the parties that may be shown (None = all)."""

    services: Services
    as_of: date | None
    filters: Mapping[str, str]
    seen: frozenset[str] | None

    def shows(self, party_id: str) -> bool:
        """Whether a party may be shown."""
        return self.seen is None or party_id in self.seen
