// Rows waiting to be mended.
MATCH (q:Quarantined) WHERE $source IS NULL OR q.source = $source
RETURN q ORDER BY q.source, q.file, q.row, q.column LIMIT $limit
