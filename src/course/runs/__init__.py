"""Grading runs: open a submission, grade it, keep the records. Records in, records out."""
