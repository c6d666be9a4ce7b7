// Serialise the writers of one record; its latest revision.
MERGE (h:RecordHead {key: $key})
ON CREATE SET h.revision = 0
SET h.locked_by = $writer
RETURN h.revision AS revision
