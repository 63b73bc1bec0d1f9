"""nbgrader's configuration of this course; everything in it comes from course_config.py.

nbgrader goes on without a configuration file that fails, and would then run students' code unprotected. So this one
fails closed: if the engine cannot be loaded, every submission is refused.
"""

import os
import traceback

c = get_config()  # noqa: F821

try:
    from course.nbgrader_side.settings import nbgrader_settings

    nbgrader_settings(c, os.path.dirname(os.path.abspath(__file__)))
except BaseException:
    traceback.print_exc()
    closed = ["course_engine_could_not_be_loaded.X"]
    c.Autograde.sanitize_preprocessors = c.Autograde.autograde_preprocessors = closed
    c.GenerateFeedback.preprocessors = closed
