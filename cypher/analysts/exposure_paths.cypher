// On which paths can the failure of one party reach another one?
// $source, $target: party ids; $longest: most steps (1 to 6); $as_of: a date; $limit: rows.
// A step leads from who fails to who bears it: obligor to guarantor, borrower to lender, buyer to seller, held to holder.
MATCH path = (s:Party {id: $source})<-[:GUARANTEES|LENDS_TO|OWNS|CONTROLS|SUPPLIES*1..6]-(t:Party {id: $target})
WHERE length(path) <= $longest
  AND all(r IN relationships(path) WHERE type(r) = 'SUPPLIES' AND r.month <= left($as_of, 7)
    OR type(r) <> 'SUPPLIES' AND r.recorded_at < localdatetime($as_of) + duration('P1D')
    AND (r.superseded_at IS NULL OR r.superseded_at >= localdatetime($as_of) + duration('P1D'))
    AND (r.valid_from IS NULL OR r.valid_from <= date($as_of)) AND (r.valid_to IS NULL OR r.valid_to >= date($as_of)))
  AND all(k IN range(0, length(path)) WHERE NOT nodes(path)[k] IN nodes(path)[k + 1..])
WITH DISTINCT [n IN nodes(path) | n.id] AS parties, [r IN relationships(path) | type(r)] AS ties
RETURN parties, ties, size(ties) AS steps
ORDER BY steps, parties, ties LIMIT $limit
