"""The trusted side: everything that reads hidden tests, solutions or grades.

Nothing in here is ever imported by a process that runs student code.
"""
