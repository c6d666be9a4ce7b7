// What the store already holds of these versions: their content.
UNWIND $keys AS key
MATCH ()-[n:__LABEL__ {version_key: key}]->()
USING INDEX n:__LABEL__(version_key)
RETURN key, n.content AS content
