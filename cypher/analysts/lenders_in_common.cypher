// Which borrowers are tied by guarantees and owe the same lender, so that one failure hits it twice?
// $as_of: a date; $limit: rows. One row a lender and a pair of guarantor and obligor.
MATCH (g:Party)-[t:GUARANTEES]->(o:Party), (l:Party)-[a:LENDS_TO]->(g), (l)-[b:LENDS_TO]->(o)
WHERE all(r IN [t, a, b] WHERE r.recorded_at < localdatetime($as_of) + duration('P1D')
  AND (r.superseded_at IS NULL OR r.superseded_at >= localdatetime($as_of) + duration('P1D'))
  AND (r.valid_from IS NULL OR r.valid_from <= date($as_of)) AND (r.valid_to IS NULL OR r.valid_to >= date($as_of)))
WITH l, g, o, collect(DISTINCT a) AS loans, collect(DISTINCT b) AS others
RETURN l.id AS lender, g.id AS guarantor, o.id AS obligor,
  reduce(s = 0.0, r IN loans | s + coalesce(r.drawn, r.limit)) AS lent_to_guarantor,
  reduce(s = 0.0, r IN others | s + coalesce(r.drawn, r.limit)) AS lent_to_obligor
ORDER BY lent_to_guarantor + lent_to_obligor DESC, lender, guarantor, obligor LIMIT $limit
