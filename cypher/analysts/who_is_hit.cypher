// Who is hit directly if a party fails, by which tie and with how much?
// $party: its id; $as_of: a date; $from_month: first month of trade that counts (YYYY-MM); $limit: rows.
// Guarantors answer for it, lenders have drawn loans out, suppliers lose a buyer, holders lose their stake.
CALL () {
  MATCH (h:Party)-[g:GUARANTEES|LENDS_TO|OWNS|CONTROLS]->(:Party {id: $party})
  WHERE g.recorded_at < localdatetime($as_of) + duration('P1D')
    AND (g.superseded_at IS NULL OR g.superseded_at >= localdatetime($as_of) + duration('P1D'))
    AND (g.valid_from IS NULL OR g.valid_from <= date($as_of)) AND (g.valid_to IS NULL OR g.valid_to >= date($as_of))
  RETURN h.id AS hit, type(g) AS tie,
    CASE type(g) WHEN 'GUARANTEES' THEN g.amount WHEN 'LENDS_TO' THEN coalesce(g.drawn, g.limit) END AS amount
  UNION ALL
  MATCH (h:Party)-[s:SUPPLIES]->(:Party {id: $party})
  WHERE $from_month <= s.month AND s.month <= left($as_of, 7)
  RETURN h.id AS hit, 'SUPPLIES' AS tie, s.amount AS amount
}
WITH hit, tie, sum(amount) AS amount
RETURN hit, tie, amount ORDER BY amount DESC, hit, tie LIMIT $limit
