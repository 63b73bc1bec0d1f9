"""The course on one page: what is taught, in which order, and what one submission may use.

Dates are written ``YYYY-MM-DD HH:MM:SS UTC``; a lesson without one has no deadline.
"""

COURSE = {"id": "convnets", "title": "Convolutional networks, by hand"}

LESSONS = {
    "02_convolution": {
        "title": "Convolution from scratch",
        "question": "What does a convolution compute?",
    },
    "06_resnets": {
        "title": "Residual networks",
        "question": "Why did deeper get worse, and what mended it?",
        "after": ("02_convolution",),
    },
}
