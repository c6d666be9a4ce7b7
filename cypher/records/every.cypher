// Every revision of every record.
MATCH (r:Record) RETURN r ORDER BY r.kind, r.record_id, r.revision
