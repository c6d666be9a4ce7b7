"""What every CRM's connector does: give the records of a module page by page, oldest change first where it can."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class Page:
    """Records of one answer, and the cursor that asks for the next ones (None: these were the last).

    `expired` says that the cursor asked with is too old: the module has to be read from its beginning.
    """

    rows: Sequence[Mapping[str, Any]]
    following: str | None = None
    expired: bool = False


class Connector(Protocol):
    """A CRM. Errors are ConnectorError (it does not answer as documented) and ConnectorAuthError (it refuses us)."""

    name: str

    def page(self, module: str, fields: Sequence[str], since: datetime | None, cursor: str | None) -> Page:
        """Records of `module` changed at or after `since` (naive UTC), from `cursor` on; `fields` are those wanted."""

    def changed_at(self, row: Mapping[str, Any]) -> datetime | None:
        """When a record was last changed (naive UTC)."""

    def close(self) -> None:
        """Give connections back."""


def flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A record without nesting: the id of a lookup `Account_Name` becomes `Account_Name.id`; lists become JSON text."""
    cells: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            cells |= flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            cells[prefix + name] = json.dumps(value, ensure_ascii=False, sort_keys=True)
        else:
            cells[prefix + name] = value
    return cells
