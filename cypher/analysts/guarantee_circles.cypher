// Which parties guarantee each other in a circle, and how much of the guarantees goes round at least?
// $as_of: a date; $longest: most parties in a circle (2 to 8); $limit: rows.
// One row a circle, its members from the smallest id on; `weakest` is the smallest guarantee of the circle.
MATCH circle = (p:Party)-[:GUARANTEES*2..8]->(p)
WHERE length(circle) <= $longest
  AND all(g IN relationships(circle) WHERE g.recorded_at < localdatetime($as_of) + duration('P1D')
    AND (g.superseded_at IS NULL OR g.superseded_at >= localdatetime($as_of) + duration('P1D'))
    AND (g.valid_from IS NULL OR g.valid_from <= date($as_of)) AND (g.valid_to IS NULL OR g.valid_to >= date($as_of)))
  AND all(n IN nodes(circle) WHERE p.id <= n.id)
WITH circle, [n IN nodes(circle)[..-1] | n.id] AS members
WHERE all(k IN range(0, size(members) - 1) WHERE NOT members[k] IN members[k + 1..])
RETURN members, size(members) AS parties,
  reduce(least = 1e300, g IN relationships(circle) | CASE WHEN g.amount < least THEN g.amount ELSE least END) AS weakest,
  reduce(total = 0.0, g IN relationships(circle) | total + g.amount) AS amount
ORDER BY amount DESC, members LIMIT $limit
