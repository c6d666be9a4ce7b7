"""Networks and charts to look at."""

from graphcredit.viz.network_page import network_html, write_network_page
from graphcredit.viz.view import network_view

__all__ = ["network_html", "network_view", "write_network_page"]
