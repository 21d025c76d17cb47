"""Training, run folders, metrics and verdicts."""
