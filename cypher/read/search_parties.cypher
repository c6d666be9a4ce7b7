// Parties whose number or name is or contains a text, as of a moment.
MATCH (n:PartyVersion)
WHERE n.recorded_at <= localdatetime($moment) AND (n.superseded_at IS NULL OR n.superseded_at > localdatetime($moment))
  AND (n.party_id = $text OR n.uscc = $text OR n.lei = $text OR n.tax_id = $text
       OR toLower(n.name) CONTAINS toLower($text) OR toLower(n.party_id) CONTAINS toLower($text))
RETURN n.party_id AS party_id, n.name AS name
ORDER BY size(n.name), n.party_id LIMIT 5000
