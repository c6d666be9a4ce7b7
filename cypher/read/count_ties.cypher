// Versions of facts of this kind, and when the latest was recorded.
MATCH ()-[n:__LABEL__]->() RETURN count(n) AS versions, toString(max(n.recorded_at)) AS latest
