// Records by kind.
MATCH (r:Record {latest: true}) RETURN r.kind AS kind, count(r) AS records ORDER BY kind
