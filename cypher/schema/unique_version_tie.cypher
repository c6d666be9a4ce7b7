// One relationship per version of a fact of this kind.
CREATE CONSTRAINT __NAME___version IF NOT EXISTS FOR ()-[n:__LABEL__]-() REQUIRE n.version_key IS UNIQUE
