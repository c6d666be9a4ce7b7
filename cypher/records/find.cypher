// Latest revisions of a kind, newest first, by page.
MATCH (r:Record {kind: $kind, latest: true})
WHERE ($party_id IS NULL OR r.party_id = $party_id)
  AND ($before IS NULL OR r.written_at < localdatetime($before)
       OR (r.written_at = localdatetime($before) AND r.record_id < $before_id))
RETURN r ORDER BY r.written_at DESC, r.record_id DESC SKIP $skip LIMIT $limit
