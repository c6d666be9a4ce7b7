// How many ties of this kind meet a condition.
MATCH ()-[n:__LABEL__]->() WHERE __CONDITION__ RETURN count(n) AS versions
