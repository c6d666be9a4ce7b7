// What the store holds of these facts: a version's key ends with the moment it was recorded, its content stands for the row.
UNWIND $facts AS fact
MATCH (n:__LABEL__ {fact_key: fact})
USING INDEX n:__LABEL__(fact_key)
RETURN collect(n.version_key) AS versions, collect(n.content) AS contents
