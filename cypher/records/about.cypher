// Tie a record to the party it is about.
MATCH (r:Record {key: $key, revision: $revision})
MATCH (p:Party {id: $party_id})
MERGE (r)-[:ABOUT]->(p)
