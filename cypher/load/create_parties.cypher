// Versions of parties, each tied to the party it describes.
UNWIND $rows AS row
MERGE (p:Party {id: row.first})
CREATE (n:PartyVersion)-[:VERSION_OF]->(p)
SET n = row.properties
