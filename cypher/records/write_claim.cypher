// A claim on a scarce thing; a negative amount releases.
MATCH (s:Resource {name: $resource})
CREATE (c:Claim {key: $key, claim_id: $claim_id, amount: $amount, capacity: $capacity})-[:ON]->(s)
