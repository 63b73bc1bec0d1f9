"""The course on one page: what is taught, in which order, and what one submission may use.

Dates are written ``YYYY-MM-DD HH:MM:SS UTC``; a lesson without one has no deadline.
"""

COURSE = {"id": "convnets", "title": "Convolutional networks, by hand"}

LESSONS = {
    "01_dense_images": {
        "title": "Dense networks on images",
        "question": "Why not just flatten the picture?",
    },
    "02_convolution": {
        "title": "Convolution from scratch",
        "question": "What does a convolution compute?",
    },
    "03_building_cnns": {
        "title": "Building CNNs",
        "question": "How do layers make a network, and what does one unit see?",
        "after": ("02_convolution",),
    },
    "04_training": {
        "title": "Training, and a fair comparison",
        "question": "Does it beat the dense network, and how do you know?",
        "after": ("03_building_cnns",),
    },
    "05_architectures": {
        "title": "Architectures, from LeNet to DenseNet",
        "question": "What did each famous network fix?",
        "after": ("03_building_cnns",),
    },
    "06_resnets": {
        "title": "Residual networks",
        "question": "Why did deeper get worse, and what mended it?",
        "after": ("02_convolution",),
    },
    "07_transfer_learning": {
        "title": "Transfer learning",
        "question": "What may you keep of somebody else's training?",
        "after": ("06_resnets",),
    },
    "08_seeing": {
        "title": "Seeing what a network looks at",
        "question": "What does the network look at?",
        "after": ("03_building_cnns",),
    },
    "10_efficient": {
        "title": "Efficient networks",
        "question": "Same accuracy, a tenth of the arithmetic?",
        "after": ("05_architectures", "06_resnets"),
    },
    "13_segmentation": {
        "title": "Segmentation",
        "question": "Which pixel belongs to what?",
        "after": ("06_resnets",),
    },
    "14_style_transfer": {
        "title": "Neural style transfer",
        "question": "What is style, in numbers?",
        "after": ("06_resnets",),
    },
    "16_adversarial": {
        "title": "Adversarial examples and robustness",
        "question": "How little does it take to be wrong?",
        "after": ("06_resnets",),
    },
}
