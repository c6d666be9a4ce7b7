// Rows that were kept out, with reason and remedy.
UNWIND $rows AS row CREATE (q:Quarantined) SET q = row
