// Ties between two parties: ownership, control, guarantees, lending, other relations.
UNWIND $rows AS row
MERGE (a:Party {id: row.first})
MERGE (b:Party {id: row.second})
CREATE (a)-[n:__LABEL__]->(b)
SET n = row.properties
