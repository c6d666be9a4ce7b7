// Monthly trade between two parties, kept beside the transactions for analysts.
UNWIND $rows AS row
MATCH (s) WHERE id(s) = row.seller
MATCH (b) WHERE id(b) = row.buyer
MERGE (s)-[r:SUPPLIES {month: row.month}]->(b)
ON CREATE SET r.amount = row.amount, r.count = row.count
ON MATCH SET r.amount = r.amount + row.amount, r.count = r.count + row.count
