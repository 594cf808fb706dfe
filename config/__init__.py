"""Settings and logging set-up; imports nothing of ours."""
