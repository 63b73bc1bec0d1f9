"""Where student code runs. Everything above speaks to the small Protocols in ``base`` only."""
