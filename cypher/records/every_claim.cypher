// Every claim, by resource.
MATCH (c:Claim)-[:ON]->(s:Resource)
RETURN s.name AS resource, c.claim_id AS claim_id, c.amount AS amount, c.capacity AS capacity ORDER BY resource, claim_id
