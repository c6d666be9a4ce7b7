// An index that nothing asks for any more costs every write.
DROP INDEX __NAME__ IF EXISTS
