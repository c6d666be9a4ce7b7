"""graphcredit: customer credit management on a graph, to see who drags whom down."""

__version__ = "0.1.0"
