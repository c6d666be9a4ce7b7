// Say until when each version was the latest one known.
UNWIND $rows AS row
MATCH ()-[n:__LABEL__ {version_key: row.version_key}]->()
USING INDEX n:__LABEL__(version_key)
SET n.superseded_at = localdatetime(row.next)
