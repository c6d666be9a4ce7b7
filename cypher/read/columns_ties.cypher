// Ties as columns: one record that holds a list per column, which the driver carries an order faster than rows. A large
// table comes in pages that ids share out, so that no transaction holds it all.
MATCH ()-[n:__LABEL__]->() WHERE __CONDITION__
RETURN __COLLECT__
