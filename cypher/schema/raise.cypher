// A store of an earlier release, once what the later schema brought is there; never lowered.
MATCH (m:GraphcreditMeta {name: 'store'})
WHERE m.schema_version < $version
SET m.schema_version = $version
