// Facts between two parties: transactions (SOLD_BY, BOUGHT_BY), payments (PAID_BY, PAID_TO).
UNWIND $rows AS row
MATCH (a) WHERE id(a) = row.first
MATCH (b) WHERE id(b) = row.second
CREATE (n:__LABEL__)-[:__FIRST__]->(a)
CREATE (n)-[:__SECOND__]->(b)
SET n = row.properties
