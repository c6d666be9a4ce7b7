"""Networks and charts to look at."""
