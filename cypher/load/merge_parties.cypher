// The node of each party that a batch names, created where it is new; ids hold within the transaction that asks.
UNWIND $names AS name
MERGE (p:Party {id: name})
RETURN collect(name) AS names, collect(id(p)) AS ids
