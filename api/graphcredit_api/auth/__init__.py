"""Who is asking and what they may do: users, tokens, API keys, roles."""
