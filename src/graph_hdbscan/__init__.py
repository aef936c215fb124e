"""HDBSCAN on a graph of nearest neighbours."""
