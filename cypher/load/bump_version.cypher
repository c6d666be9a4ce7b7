// Tell caches that facts changed.
MATCH (m:GraphcreditMeta {name: 'store'})
SET m.facts_version = m.facts_version + 1
