// Ties as columns: groups of rows, each column a list, which the driver carries an order faster than rows.
MATCH ()-[n:__LABEL__]->() WHERE __CONDITION__
WITH toInteger(rand() * $groups) AS __group__, __COLLECT__
RETURN __RETURN__
