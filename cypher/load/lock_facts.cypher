// One writer of facts at a time: what a batch finds there holds until it commits.
MATCH (m:GraphcreditMeta {name: 'store'})
SET m.writing = coalesce(m.writing, 0) + 1
