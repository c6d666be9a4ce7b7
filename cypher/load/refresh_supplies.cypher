// Monthly trade of the pairs whose transactions were corrected, summed anew from the latest versions.
UNWIND $facts AS fact
MATCH (t:Transaction)
USING INDEX t:Transaction(version_key)
WHERE t.version_key STARTS WITH fact
WITH DISTINCT t.seller_id AS seller, t.buyer_id AS buyer, left(toString(t.issued_on), 7) AS month
CALL (seller, buyer, month) {
  OPTIONAL MATCH (t:Transaction {seller_id: seller, buyer_id: buyer})
  WHERE t.superseded_at IS NULL AND coalesce(t.status, 'valid') = 'valid' AND left(toString(t.issued_on), 7) = month
    AND coalesce(t.kind, 'invoice') IN ['invoice', 'credit_note']
  RETURN sum(CASE t.kind WHEN 'credit_note' THEN -abs(t.amount) ELSE t.amount END) AS amount, count(t) AS trades
}
MATCH (s:Party {id: seller})
MATCH (b:Party {id: buyer})
MERGE (s)-[r:SUPPLIES {month: month}]->(b)
SET r.amount = amount, r.count = trades
WITH r WHERE r.count = 0
DELETE r
