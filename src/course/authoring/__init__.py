"""Notebooks and folders for lesson authors: build, release, solve, new, audit."""
