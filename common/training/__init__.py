"""Training, run folders, metrics and verdicts: floor 3."""
