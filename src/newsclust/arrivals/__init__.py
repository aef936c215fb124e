"""A run and new headlines in; who joins which story, and what is new, out."""
