// All versions of these facts; a version's key ends with the moment it was recorded.
UNWIND $facts AS fact
MATCH (n:__LABEL__ {fact_key: fact})
USING INDEX n:__LABEL__(fact_key)
RETURN fact, n.version_key AS version_key
