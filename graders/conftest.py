"""The author's loop: ``pytest graders/02_convolution --answers FILE [-k conv2d]`` runs hidden tests in this process."""

from course.grading.author import pytest_addoption, pytest_configure, student  # noqa: F401
