"""From vectors, words and days to lists of nearest neighbours and the coordinates of the map."""
