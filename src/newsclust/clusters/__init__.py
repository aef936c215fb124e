"""Vectors in; neighbours, the graph, HDBSCAN's clusters and the map's coordinates out."""
