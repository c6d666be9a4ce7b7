// The revision before is not the latest any more.
MATCH (r:Record {key: $key, latest: true}) SET r.latest = false
