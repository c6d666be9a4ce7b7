"""Ranking of party searches, the same for every store."""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

MIN_SIMILAR, SIMILARITY = 3, 0.88
"""Shortest text that is compared by spelling, and the Jaro-Winkler similarity above which a name is shown."""


def rank_parties(text: str, found: Sequence[tuple[str, str | None]], limit: int) -> list[str]:
    """Ids of matches, best first: exact, then prefix, then substring; shorter names before longer ones."""
    wanted = text.strip().lower()

    def rank(entry: tuple[str, str | None]) -> tuple[int, int, str]:
        party, name = entry[0], entry[1] or ""
        lowered = (party.lower(), name.lower())
        if wanted in lowered:
            place = 0
        elif any(value.startswith(wanted) for value in lowered):
            place = 1
        elif any(wanted in value for value in lowered):
            place = 2
        else:
            place = 0  # matched by a registry number
        return place, len(name), party

    return [party for party, _ in sorted(found, key=rank)[:limit]]


def similar_parties(text: str, parties: pa.Table, *, limit: int) -> list[str]:
    """Ids of parties (columns `party_id`, `name`) whose name is spelt much like `text`, in the order of the stores."""
    if len(text.strip()) < MIN_SIMILAR:
        return []
    with duckdb.connect(":memory:") as connection:
        connection.register("parties", parties)
        found = connection.execute(
            "SELECT party_id FROM parties WHERE jaro_winkler_similarity(lower(name), lower(?)) > ? "
            "ORDER BY length(name), party_id LIMIT ?",
            [text.strip(), SIMILARITY, limit],
        ).fetchall()
    return [row[0] for row in found]
