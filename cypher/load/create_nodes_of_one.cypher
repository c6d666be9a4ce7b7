// Facts of one party: statements, credit events, labels.
UNWIND $rows AS row
MATCH (p) WHERE id(p) = row.first
CREATE (n:__LABEL__)-[:__FIRST__]->(p)
SET n = row.properties
