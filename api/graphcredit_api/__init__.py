"""The HTTP API and the analysts' console."""
