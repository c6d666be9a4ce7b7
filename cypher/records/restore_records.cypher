// Revisions of records as another store held them; the newest of each becomes the latest.
UNWIND $rows AS row
MERGE (h:RecordHead {key: row.key})
ON CREATE SET h.revision = 0
MERGE (r:Record {key: row.key, revision: row.revision})
ON CREATE SET r:__LABEL__, r.kind = row.kind, r.record_id = row.record_id, r.party_id = row.party_id,
  r.written_at = localdatetime(row.at), r.body = row.body
WITH row, h, r
SET h.revision = CASE WHEN r.revision > h.revision THEN r.revision ELSE h.revision END
WITH row, h, r
OPTIONAL MATCH (o:Record {key: row.key})
WITH row, h, r, collect(o) AS every
FOREACH (o IN every | SET o.latest = (o.revision = h.revision))
WITH row, r WHERE row.party_id IS NOT NULL
MATCH (p:Party {id: row.party_id})
MERGE (r)-[:ABOUT]->(p)
