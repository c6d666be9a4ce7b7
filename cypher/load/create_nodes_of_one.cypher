// Facts of one party: statements, credit events, labels.
UNWIND $rows AS row
MERGE (p:Party {id: row.first})
CREATE (n:__LABEL__)-[:__FIRST__]->(p)
SET n = row.properties
