"""Parameter files in; runs, executed once each, out."""
