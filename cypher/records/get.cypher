// One record: a stated revision, or the latest.
MATCH (r:Record {key: $key})
WHERE ($revision IS NULL AND r.latest) OR r.revision = $revision
RETURN r
