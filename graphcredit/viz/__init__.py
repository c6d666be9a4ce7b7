"""Networks and charts to look at."""

from graphcredit.viz.controllers import Controller, controllers
from graphcredit.viz.network_page import network_html, write_network_page
from graphcredit.viz.rounds import rounds_svg
from graphcredit.viz.view import network_view

__all__ = ["Controller", "controllers", "network_html", "network_view", "rounds_svg", "write_network_page"]
