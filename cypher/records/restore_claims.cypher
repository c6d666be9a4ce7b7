// Claims as another store held them; those that are here already stay.
UNWIND $rows AS row
MERGE (s:Resource {name: row.resource})
MERGE (c:Claim {key: row.key})
ON CREATE SET c.claim_id = row.claim_id, c.amount = row.amount, c.capacity = row.capacity
MERGE (c)-[:ON]->(s)
