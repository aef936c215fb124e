"""A name, path or address in; documents with ids out."""
