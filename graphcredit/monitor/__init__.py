"""Monitoring: alerts between two days, and periodic re-rating."""
