// How many facts of this kind there are, in all versions; answered from the server's own counts.
MATCH (n:__LABEL__) RETURN count(n) AS versions
