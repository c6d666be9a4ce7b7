// Which parties are tied by the same address, phone or e-mail?
// $as_of: a date; $limit: rows. One row a value that at least two parties share.
MATCH (v:PartyVersion)
WHERE v.recorded_at < localdatetime($as_of) + duration('P1D')
  AND (v.superseded_at IS NULL OR v.superseded_at >= localdatetime($as_of) + duration('P1D'))
UNWIND [['address', v.address], ['phone', v.phone], ['email', v.email]] AS entry
WITH v, entry[0] AS what, entry[1] AS value WHERE value IS NOT NULL
WITH v, what, value ORDER BY v.party_id
WITH what, value, collect(v.party_id) AS parties WHERE size(parties) > 1
RETURN what, value, parties, size(parties) AS shared_by
ORDER BY shared_by DESC, what, value LIMIT $limit
