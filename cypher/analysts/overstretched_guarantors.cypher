// Which guarantors answer for more than a multiple of their equity (registered capital where no statement tells)?
// $times: the multiple; $as_of: a date; $limit: rows.
MATCH (p:Party)-[g:GUARANTEES]->(:Party)
WHERE g.recorded_at < localdatetime($as_of) + duration('P1D')
  AND (g.superseded_at IS NULL OR g.superseded_at >= localdatetime($as_of) + duration('P1D'))
  AND (g.valid_from IS NULL OR g.valid_from <= date($as_of)) AND (g.valid_to IS NULL OR g.valid_to >= date($as_of))
WITH p, sum(g.amount) AS given, count(g) AS guarantees
CALL (p) {
  OPTIONAL MATCH (s:Statement {party_id: p.id, item: 'equity'})
  WHERE s.recorded_at < localdatetime($as_of) + duration('P1D') AND s.period_end <= date($as_of)
    AND (s.superseded_at IS NULL OR s.superseded_at >= localdatetime($as_of) + duration('P1D'))
  WITH s ORDER BY s.period_end DESC LIMIT 1
  RETURN s.amount AS equity
}
CALL (p) {
  OPTIONAL MATCH (v:PartyVersion)-[:VERSION_OF]->(p)
  WHERE v.recorded_at < localdatetime($as_of) + duration('P1D')
    AND (v.superseded_at IS NULL OR v.superseded_at >= localdatetime($as_of) + duration('P1D'))
  RETURN max(v.registered_capital) AS capital
}
WITH p, given, guarantees, coalesce(equity, capital) AS own
WHERE own IS NULL OR given > $times * own
RETURN p.id AS guarantor, guarantees, given, own, CASE WHEN own > 0 THEN given / own END AS times
ORDER BY given DESC, guarantor LIMIT $limit
