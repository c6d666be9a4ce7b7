// A revision of a record; the earlier ones stay readable.
MATCH (h:RecordHead {key: $key})
SET h.revision = $revision
CREATE (r:Record:__LABEL__ {key: $key, kind: $kind, record_id: $record_id, revision: $revision, party_id: $party_id,
  written_at: localdatetime($at), body: $body, latest: true})
