"""Pages on disk until a module is whole: what is not whole is never loaded, and what is there is not asked for again."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

FRESH = timedelta(hours=20)
"""Age up to which an unfinished module goes on; Zoho's page tokens live for a day."""


@dataclass(frozen=True)
class State:
    """How far a module has come: bytes of its file that count, rows in them, the cursor of the next page."""

    since: str | None
    began: str
    size: int = 0
    rows: int = 0
    cursor: str | None = None
    changed_at: str | None = None  # of the latest record seen
    complete: bool = False


class Spool:
    """One module's rows as JSON lines, and beside them its state, replaced at once after each page."""

    def __init__(self, folder: Path, file: str, since: datetime | None) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = folder / file
        self._note = folder / f".{file}.state"
        self.since = since.isoformat() if since else None
        found = self._found()
        self.resumed = found is not None
        self.state = found or self._begin()

    def _begin(self) -> State:
        self.path.write_bytes(b"")
        self.path.chmod(0o600)
        return State(self.since, datetime.now(UTC).isoformat())

    def restart(self) -> None:
        """Forget what is there."""
        self.state = self._begin()

    def _found(self) -> State | None:
        try:
            state = State(**json.loads(self._note.read_text(encoding="utf-8")))
            whole = self.path.stat().st_size >= state.size
        except (OSError, ValueError, TypeError):
            return None
        young = datetime.now(UTC) - datetime.fromisoformat(state.began) < FRESH
        return state if whole and young and state.since == self.since else None

    def add(self, rows: Iterable[Mapping[str, Any]], cursor: str | None, changed_at: datetime | None) -> None:
        """Write a page after those that count, then let it count."""
        lines = [json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows]
        with self.path.open("r+b") as file:
            file.truncate(self.state.size)
            file.seek(self.state.size)
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        latest = max(
            filter(None, [self.state.changed_at, changed_at.isoformat() if changed_at else None]), default=None
        )
        self.state = replace(
            self.state, size=self.state.size + sum(map(len, lines)), rows=self.state.rows + len(lines),
            cursor=cursor, changed_at=latest, complete=cursor is None,
        )  # fmt: skip
        note = self._note.with_suffix(".new")
        note.write_text(json.dumps(asdict(self.state)), encoding="utf-8")
        note.replace(self._note)

    def names(self) -> tuple[set[str], set[str]]:
        """Names of the cells that any row has, and of those that any row fills."""
        seen: set[str] = set()
        filled: set[str] = set()
        with self.path.open("rb") as file:
            for line in file:
                row = json.loads(line)
                seen |= row.keys()
                filled |= {name for name, value in row.items() if value not in (None, "", "[]")}
        return seen, filled

    def remove(self) -> None:
        """Delete rows and state."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)
