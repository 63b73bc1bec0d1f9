"""The only package that imports nbgrader and traitlets: preprocessors, gradebook, configuration."""
