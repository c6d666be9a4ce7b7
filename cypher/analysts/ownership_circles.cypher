// Which parties own themselves in a circle?
// $as_of: a date; $longest: most parties in a circle (2 to 6); $limit: rows.
MATCH circle = (p:Party)-[:OWNS|CONTROLS*2..6]->(p)
WHERE length(circle) <= $longest
  AND all(r IN relationships(circle) WHERE r.recorded_at < localdatetime($as_of) + duration('P1D')
    AND (r.superseded_at IS NULL OR r.superseded_at >= localdatetime($as_of) + duration('P1D'))
    AND (r.valid_from IS NULL OR r.valid_from <= date($as_of)) AND (r.valid_to IS NULL OR r.valid_to >= date($as_of)))
  AND all(n IN nodes(circle) WHERE p.id <= n.id)
WITH [n IN nodes(circle)[..-1] | n.id] AS members
WHERE all(k IN range(0, size(members) - 1) WHERE NOT members[k] IN members[k + 1..])
RETURN DISTINCT members, size(members) AS parties
ORDER BY parties, members LIMIT $limit
