"""Vectors, words and days in; lists of nearest neighbours and the coordinates of the map out."""
