"""Who depends on whom: circles, groups, dependence, concentration, paths."""
