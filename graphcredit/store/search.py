"""Ranking of party searches, the same for every store."""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

MIN_SIMILAR, SIMILARITY, SHARED = 3, 0.88, 0.6
"""Shortest text that is compared by spelling; the Jaro-Winkler similarity above which a whole name counts as meant; the share
of the text's pairs of characters that a name holds where a part of it is given (house choices)."""
MOST_PAIRS = 30
_WHOLE = "jaro_winkler_similarity(lower(name), lower($text))"
_PART = "list_sum(list_transform($pairs, lambda pair: contains(lower(name), pair)::INTEGER)) / len($pairs)"
ALIKE = (
    f"greatest(CASE WHEN {_WHOLE} > {SIMILARITY} THEN {_WHOLE} ELSE 0 END, "
    f"CASE WHEN {_PART} >= {SHARED} THEN {_PART} ELSE 0 END)"
)
"""How much a name is spelt like a text, in DuckDB's words: 0 where neither the whole nor a part is, else up to 1."""


def pairs(text: str) -> list[str]:
    """Neighbouring letters or characters of a text, each pair once; none of fewer than two (numbers are no names)."""
    wanted = text.strip().lower()
    found = {wanted[k : k + 2] for k in range(len(wanted) - 1) if wanted[k : k + 2].isalpha()}
    return sorted(found)[:MOST_PAIRS] if len(found) > 1 else []


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
    """Ids of parties (columns `party_id`, `name`) whose name is spelt much like `text`, most alike first."""
    if len(text.strip()) < MIN_SIMILAR:
        return []
    with duckdb.connect(":memory:") as connection:
        connection.register("parties", parties)
        found = connection.execute(
            f"SELECT party_id FROM (SELECT party_id, name, {ALIKE} AS alike FROM parties) WHERE alike > 0 "
            "ORDER BY alike DESC, length(name), party_id LIMIT $limit",
            {"text": text.strip(), "pairs": pairs(text), "limit": limit},
        ).fetchall()
    return [row[0] for row in found]
