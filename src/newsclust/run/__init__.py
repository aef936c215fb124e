"""A notebook's parameters, and the record that a run leaves."""
