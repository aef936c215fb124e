"""Labelled headlines in; newsclust beside its peers, and what each of them got wrong, out."""
