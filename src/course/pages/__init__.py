"""Feedback and reports: records in, HTML or text out. No grading, no gradebook."""
