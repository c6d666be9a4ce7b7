// Who depends on the biggest buyers: for each of them the suppliers that sell at least a given part of their sales to it?
// $buyers: how many of the biggest; $part: least part of a supplier's sales (0 to 1);
// $from_month, $to_month: months as YYYY-MM, both included; $limit: rows.
MATCH (:Party)-[r:SUPPLIES]->(b:Party)
WHERE $from_month <= r.month AND r.month <= $to_month
WITH b, sum(r.amount) AS bought ORDER BY bought DESC, b.id LIMIT $buyers
MATCH (s:Party)-[r:SUPPLIES]->(b)
WHERE $from_month <= r.month AND r.month <= $to_month
WITH b, bought, s, sum(r.amount) AS sold
MATCH (s)-[r:SUPPLIES]->(:Party)
WHERE $from_month <= r.month AND r.month <= $to_month
WITH b, bought, s, sold, sum(r.amount) AS sales
WHERE sales > 0 AND sold / sales >= $part
RETURN b.id AS buyer, bought, s.id AS supplier, sold, sold / sales AS part
ORDER BY bought DESC, buyer, part DESC, supplier LIMIT $limit
