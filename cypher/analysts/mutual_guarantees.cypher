// Which two parties guarantee each other?
// $as_of: a date; $limit: rows. One row a pair, the smaller id first; amounts are sums in each direction.
MATCH (a:Party)-[g:GUARANTEES]->(b:Party)-[h:GUARANTEES]->(a)
WHERE a.id < b.id
  AND all(r IN [g, h] WHERE r.recorded_at < localdatetime($as_of) + duration('P1D')
    AND (r.superseded_at IS NULL OR r.superseded_at >= localdatetime($as_of) + duration('P1D'))
    AND (r.valid_from IS NULL OR r.valid_from <= date($as_of)) AND (r.valid_to IS NULL OR r.valid_to >= date($as_of)))
WITH a, b, collect(DISTINCT g) AS gives, collect(DISTINCT h) AS takes
RETURN a.id AS first, b.id AS second,
  reduce(s = 0.0, r IN gives | s + r.amount) AS first_for_second, reduce(s = 0.0, r IN takes | s + r.amount) AS second_for_first
ORDER BY first_for_second + second_for_first DESC, first, second LIMIT $limit
