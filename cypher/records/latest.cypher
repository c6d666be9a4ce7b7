// Per party its newest record of a kind.
MATCH (r:Record {kind: $kind, latest: true})
WHERE r.party_id IS NOT NULL AND r.written_at <= localdatetime($moment)
WITH r ORDER BY r.written_at DESC, r.record_id DESC
WITH r.party_id AS party_id, collect(r)[0] AS r
RETURN r
