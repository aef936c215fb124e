"""The runs of a finished grid side by side: numbers, figures, a table, and which run to trust."""
