"""A demonstration tenant with a month of history, played through the real operations in the past."""
