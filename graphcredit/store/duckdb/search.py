"""Find parties by number or name: exact first, then prefix, substring; then, where there is room left, similar spelling."""

from datetime import datetime

import duckdb
import pyarrow as pa

from graphcredit.store.search import ALIKE, MIN_SIMILAR, pairs

KNOWN = """
WITH known AS (
    SELECT * EXCLUDE (superseded_at) FROM parties
    WHERE recorded_at <= $moment AND (superseded_at IS NULL OR superseded_at > $moment)
)"""
HOLDING = f"""{KNOWN}, ranked AS (
    SELECT *, CASE
        WHEN party_id = $text OR uscc = $text OR lei = $text OR tax_id = $text OR name = $text THEN 0
        WHEN starts_with(lower(party_id), lower($text)) OR starts_with(lower(name), lower($text)) THEN 1
        WHEN contains(lower(name), lower($text)) OR contains(lower(party_id), lower($text)) THEN 2
        ELSE 9 END AS rank
    FROM known
)
SELECT * EXCLUDE (rank) FROM ranked WHERE rank < 9
ORDER BY rank, length(name), party_id LIMIT $limit
"""
SIMILAR = f"""{KNOWN}, compared AS (
    SELECT *, {ALIKE} AS alike FROM known WHERE NOT list_contains($found, party_id)
)
SELECT * EXCLUDE (alike) FROM compared WHERE alike > 0
ORDER BY alike DESC, length(name), party_id LIMIT $limit
"""


def search(cursor: duckdb.DuckDBPyConnection, text: str, *, limit: int, moment: datetime) -> pa.Table:
    """Rows of `parties`, best match first."""
    wanted = text.strip()
    values = {"text": wanted, "limit": limit, "moment": moment}
    holding = cursor.sql(HOLDING, params=values).to_arrow_table()
    left = limit - holding.num_rows
    if left <= 0 or len(wanted) < MIN_SIMILAR:
        return holding
    more = {"pairs": pairs(wanted), "found": holding["party_id"].to_pylist(), "limit": left}
    return pa.concat_tables([holding, cursor.sql(SIMILAR, params=values | more).to_arrow_table()])
