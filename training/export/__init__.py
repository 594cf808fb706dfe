"""Export: an encoder's folder, written and checked."""
