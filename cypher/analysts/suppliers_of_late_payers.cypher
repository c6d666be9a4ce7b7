// Who supplies parties that paid late or defaulted, and how much?
// $since: first day of such events; $as_of: a date; $from_month: first month of trade that counts (YYYY-MM); $limit: rows.
MATCH (e:CreditEvent)-[:OF]->(b:Party)
WHERE e.kind IN ['late_payment', 'default'] AND date($since) <= e.occurred_on AND e.occurred_on <= date($as_of)
  AND e.recorded_at < localdatetime($as_of) + duration('P1D')
  AND (e.superseded_at IS NULL OR e.superseded_at >= localdatetime($as_of) + duration('P1D'))
WITH b, count(e) AS events
MATCH (s:Party)-[r:SUPPLIES]->(b)
WHERE $from_month <= r.month AND r.month <= left($as_of, 7)
WITH s, b, events, sum(r.amount) AS sold ORDER BY b.id
RETURN s.id AS supplier, collect(b.id) AS late_payers, sum(events) AS events, sum(sold) AS sold
ORDER BY sold DESC, supplier LIMIT $limit
