// Which goods go round: firms that sell to each other in a circle within the same month?
// $from_month, $to_month: months as YYYY-MM, both included; $longest: most parties in a circle (2 to 5); $limit: rows.
// One row a circle and month, members from the smallest id on; `alike` is the smallest amount over the largest.
MATCH circle = (p:Party)-[:SUPPLIES*2..5]->(p)
WITH circle, p, relationships(circle) AS legs
WHERE size(legs) <= $longest AND $from_month <= legs[0].month AND legs[0].month <= $to_month
  AND all(r IN legs WHERE r.month = legs[0].month AND r.amount > 0) AND all(n IN nodes(circle) WHERE p.id <= n.id)
WITH legs, [n IN nodes(circle)[..-1] | n.id] AS members
WHERE all(k IN range(0, size(members) - 1) WHERE NOT members[k] IN members[k + 1..])
UNWIND legs AS leg
WITH members, leg.month AS month, min(leg.amount) AS least, max(leg.amount) AS most
RETURN members, month, least, most, least / most AS alike
ORDER BY alike DESC, least DESC, members, month LIMIT $limit
