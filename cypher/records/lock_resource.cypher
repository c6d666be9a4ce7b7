// Serialise the claimants of one scarce thing; what is claimed of it so far.
MERGE (s:Resource {name: $resource})
SET s.locked_by = $writer
WITH s
OPTIONAL MATCH (c:Claim)-[:ON]->(s)
RETURN collect([c.claim_id, c.amount]) AS claims
