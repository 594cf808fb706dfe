"""The operator's page, behind an operator's key: runs, problems, feedback, reliability, metrics."""
