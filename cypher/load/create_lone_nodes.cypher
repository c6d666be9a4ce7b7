// Facts that belong to no party: outlooks of industries, exchange rates.
UNWIND $rows AS row
CREATE (n:__LABEL__)
SET n = row.properties
