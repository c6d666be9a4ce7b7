// All versions of these facts.
UNWIND $facts AS fact
MATCH ()-[n:__LABEL__ {fact_key: fact}]->()
USING INDEX n:__LABEL__(fact_key)
RETURN fact, n.version_key AS version_key, toString(n.recorded_at) AS recorded_at
