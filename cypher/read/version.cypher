// How often facts have changed.
MATCH (m:GraphcreditMeta {name: 'store'}) RETURN m.facts_version AS version
