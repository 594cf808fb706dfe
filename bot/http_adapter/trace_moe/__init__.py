"""trace.moe's wire: its clients work after changing only the base URL."""
