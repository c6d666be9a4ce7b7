// Which two firms have a controller in common that is not their direct holder in both cases?
// $longest: most steps of control (2 to 6); $share: equity from which a shareholder counts as controlling;
// $as_of: a date; $limit: rows. A step is a control tie (director apart) or a share of at least $share.
MATCH up = (c:Party)-[:CONTROLS|OWNS*1..6]->(f:Party)
WHERE length(up) <= $longest AND c <> f
  AND all(r IN relationships(up) WHERE (type(r) = 'CONTROLS' AND r.relation <> 'director' OR coalesce(r.share, 0) >= $share)
    AND r.recorded_at < localdatetime($as_of) + duration('P1D')
    AND (r.superseded_at IS NULL OR r.superseded_at >= localdatetime($as_of) + duration('P1D'))
    AND (r.valid_from IS NULL OR r.valid_from <= date($as_of)) AND (r.valid_to IS NULL OR r.valid_to >= date($as_of)))
WITH c, f, min(length(up)) AS steps
WITH c, collect({id: f.id, steps: steps}) AS held
WHERE size(held) > 1
UNWIND held AS a
UNWIND held AS b
WITH c, a, b WHERE a.id < b.id AND a.steps + b.steps > 2
RETURN c.id AS controller, a.id AS first, b.id AS second, a.steps AS steps_to_first, b.steps AS steps_to_second
ORDER BY controller, first, second LIMIT $limit
