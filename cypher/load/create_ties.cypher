// Ties between two parties: ownership, control, guarantees, lending, other relations.
UNWIND $rows AS row
MATCH (a) WHERE id(a) = row.first
MATCH (b) WHERE id(b) = row.second
CREATE (a)-[n:__LABEL__]->(b)
SET n = row.properties
