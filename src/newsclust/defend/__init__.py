"""From a finished run to whether it is right, and how a paper describes it."""
