"""A DuckDB store in a copy of its process: what is in memory is answered, nothing else.

Connection and journal belong to the other process. They are neither used here nor let go of, which would close them.
"""

from typing import Any, NoReturn

from graphcredit.exc import StoreUnavailableError


class Elsewhere:
    """In place of what another process has open."""

    def __init__(self, *kept: Any) -> None:
        self.kept = kept

    def __getattr__(self, name: str) -> NoReturn:
        raise StoreUnavailableError(
            f"a copy of the process has no store to ask ({name})", remedy="ask the process that has it open"
        )
