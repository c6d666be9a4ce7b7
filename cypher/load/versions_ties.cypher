// What the store holds of these facts: a version's key is the fact's and the moment it was recorded, its content stands for the row.
UNWIND $facts AS fact
MATCH ()-[n:__LABEL__]->()
USING INDEX n:__LABEL__(version_key)
WHERE n.version_key STARTS WITH fact
RETURN collect(n.version_key) AS versions, collect(n.content) AS contents
