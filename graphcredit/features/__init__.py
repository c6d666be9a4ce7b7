"""Named features of a party as of a date, tabular and graph."""
