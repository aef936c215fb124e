"""From neighbour lists to clusters, checked against hdbscan on all pairs."""
