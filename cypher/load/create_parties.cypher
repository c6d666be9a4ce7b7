// Versions of parties, each tied to the party it describes.
UNWIND $rows AS row
MATCH (p) WHERE id(p) = row.first
CREATE (n:PartyVersion)-[:VERSION_OF]->(p)
SET n = row.properties
