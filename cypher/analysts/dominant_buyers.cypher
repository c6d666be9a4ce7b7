// Which firms sell most of what they sell to a single buyer?
// $part: least part of their sales (0 to 1); $from_month, $to_month: months as YYYY-MM, both included; $limit: rows.
MATCH (s:Party)-[r:SUPPLIES]->(b:Party)
WHERE $from_month <= r.month AND r.month <= $to_month
WITH s, b, sum(r.amount) AS sold
WITH s, collect({buyer: b.id, sold: sold}) AS buyers, sum(sold) AS sales
UNWIND buyers AS one
WITH s, sales, one, size(buyers) AS count_of_buyers WHERE sales > 0 AND one.sold / sales >= $part
RETURN s.id AS supplier, one.buyer AS buyer, one.sold AS sold, one.sold / sales AS part, count_of_buyers AS buyers
ORDER BY part DESC, sold DESC, supplier, buyer LIMIT $limit
