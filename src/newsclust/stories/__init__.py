"""Clusters in; what a reader sees of them out: names, noise with its vote, how good they are."""
