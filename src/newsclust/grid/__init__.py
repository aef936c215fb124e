"""Parameter files in; runs, executed once each and compared, out."""
