"""What exists: parties, transactions, guarantees, ... and their table schemas. No I/O."""
