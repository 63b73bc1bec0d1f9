"""One file a command: options, one call into the packages below, and how the result is shown. No logic."""
