"""Policy, limits, products, plans: what is lent, to whom, on which terms."""
