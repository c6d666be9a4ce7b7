"""The analysts' console: server-rendered pages, English and Chinese, nothing fetched from outside."""
