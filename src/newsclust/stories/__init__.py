"""From clusters to what a reader sees of them: names, votes on noise, and how good the stories are."""
