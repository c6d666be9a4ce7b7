"""Find parties by number or name: exact first, then prefix, substring, similar spelling."""

from datetime import datetime

import duckdb
import pyarrow as pa

from graphcredit.store.search import MIN_SIMILAR, SIMILARITY

QUERY = f"""
WITH known AS (
    SELECT * EXCLUDE (superseded_at) FROM parties
    WHERE recorded_at <= $moment AND (superseded_at IS NULL OR superseded_at > $moment)
), ranked AS (
    SELECT *, CASE
        WHEN party_id = $text OR uscc = $text OR lei = $text OR tax_id = $text OR name = $text THEN 0
        WHEN starts_with(lower(party_id), lower($text)) OR starts_with(lower(name), lower($text)) THEN 1
        WHEN contains(lower(name), lower($text)) OR contains(lower(party_id), lower($text)) THEN 2
        WHEN length($text) >= {MIN_SIMILAR} AND jaro_winkler_similarity(lower(name), lower($text)) > {SIMILARITY} THEN 3
        ELSE 9 END AS rank
    FROM known
)
SELECT * EXCLUDE (rank) FROM ranked WHERE rank < 9
ORDER BY rank, length(name), party_id LIMIT $limit
"""


def search(cursor: duckdb.DuckDBPyConnection, text: str, *, limit: int, moment: datetime) -> pa.Table:
    """Rows of `parties`, best match first."""
    values = {"text": text.strip(), "limit": limit, "moment": moment}
    return cursor.sql(QUERY, params=values).to_arrow_table()
