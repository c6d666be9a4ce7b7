// Claims on some resources.
MATCH (c:Claim)-[:ON]->(s:Resource) WHERE s.name IN $resources
RETURN s.name AS resource, collect(c.amount) AS amounts
