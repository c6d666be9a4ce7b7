// How much is lent to each group of firms under one controller?
// $longest: most steps of control (1 to 6); $share: equity from which a shareholder counts as controlling;
// $as_of: a date; $limit: rows. A controller is a party that nobody controls; its own loans count, too.
MATCH (c:Party)
WHERE NOT EXISTS {
  MATCH (c)<-[r:CONTROLS|OWNS]-(:Party)
  WHERE (type(r) = 'CONTROLS' AND r.relation <> 'director' OR coalesce(r.share, 0) >= $share)
    AND r.recorded_at < localdatetime($as_of) + duration('P1D')
    AND (r.superseded_at IS NULL OR r.superseded_at >= localdatetime($as_of) + duration('P1D'))
    AND (r.valid_from IS NULL OR r.valid_from <= date($as_of)) AND (r.valid_to IS NULL OR r.valid_to >= date($as_of))
}
MATCH up = (c)-[:CONTROLS|OWNS*0..6]->(f:Party)
WHERE length(up) <= $longest
  AND all(r IN relationships(up) WHERE (type(r) = 'CONTROLS' AND r.relation <> 'director' OR coalesce(r.share, 0) >= $share)
    AND r.recorded_at < localdatetime($as_of) + duration('P1D')
    AND (r.superseded_at IS NULL OR r.superseded_at >= localdatetime($as_of) + duration('P1D'))
    AND (r.valid_from IS NULL OR r.valid_from <= date($as_of)) AND (r.valid_to IS NULL OR r.valid_to >= date($as_of)))
WITH DISTINCT c, f
OPTIONAL MATCH (:Party)-[l:LENDS_TO]->(f)
WHERE l.recorded_at < localdatetime($as_of) + duration('P1D')
  AND (l.superseded_at IS NULL OR l.superseded_at >= localdatetime($as_of) + duration('P1D'))
  AND (l.valid_from IS NULL OR l.valid_from <= date($as_of)) AND (l.valid_to IS NULL OR l.valid_to >= date($as_of))
WITH c, f, sum(coalesce(l.drawn, l.limit)) AS lent ORDER BY f.id
WITH c, collect(f.id) AS members, sum(lent) AS drawn WHERE drawn > 0
RETURN c.id AS controller, members, size(members) AS parties, drawn
ORDER BY drawn DESC, controller LIMIT $limit
