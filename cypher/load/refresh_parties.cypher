// A party shows its latest version: label by kind, name, industry, region, status.
UNWIND $ids AS id
MATCH (p:Party {id: id})
MATCH (v:PartyVersion)-[:VERSION_OF]->(p)
WHERE v.superseded_at IS NULL
SET p.name = v.name, p.kind = v.kind, p.industry = v.industry, p.region = v.region, p.status = v.status, p.uscc = v.uscc
REMOVE p:Company:Person:Bank
FOREACH (_ IN CASE v.kind WHEN 'company' THEN [1] ELSE [] END | SET p:Company)
FOREACH (_ IN CASE v.kind WHEN 'person' THEN [1] ELSE [] END | SET p:Person)
FOREACH (_ IN CASE v.kind WHEN 'bank' THEN [1] ELSE [] END | SET p:Bank)
