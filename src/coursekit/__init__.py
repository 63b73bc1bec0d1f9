"""The kit: data, plots, training helpers and visible checks; students open and read it."""
