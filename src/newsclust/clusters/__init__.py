"""Neighbour lists in; clusters out, checked against hdbscan on all pairs."""
