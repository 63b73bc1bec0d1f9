"""The kit: data, plots, training helpers and visible checks. Students open and read it; it imports nothing else of ours."""
