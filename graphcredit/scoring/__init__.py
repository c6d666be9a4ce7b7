"""Models of default: scorecard to boosting, calibrated, explained, validated."""
