// Find a tie's versions by a property (its key, a party).
CREATE INDEX __NAME___by___PROPERTY__ IF NOT EXISTS FOR ()-[n:__LABEL__]-() ON (n.__PROPERTY__)
