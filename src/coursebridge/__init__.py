"""Both sides of the wire between a trusted grader and a student's kernel.

Standard library, numpy, torch and IPython only. This is the only code of ours that runs beside student code.
"""
