// The store's own state: created once, never reset.
MERGE (m:GraphcreditMeta {name: 'store'})
ON CREATE SET m.schema_version = $version, m.facts_version = 0, m.created_at = localdatetime()
RETURN m.schema_version AS schema_version
