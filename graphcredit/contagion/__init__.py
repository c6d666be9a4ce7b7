"""Distress, clearing and supply cascades; one model a file."""
