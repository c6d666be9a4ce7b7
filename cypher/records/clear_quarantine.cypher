// Forget what an earlier load of a file left in quarantine.
MATCH (q:Quarantined {source: $source}) DETACH DELETE q
