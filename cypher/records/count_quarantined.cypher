// How many rows wait to be mended.
MATCH (q:Quarantined) RETURN count(q) AS waiting
