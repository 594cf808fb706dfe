"""What every chat platform's adapter does in the same way: retries, lighter attachments, edits, late answers."""
