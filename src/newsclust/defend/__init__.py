"""A finished run in; whether it holds, and what one writes of it, out."""
