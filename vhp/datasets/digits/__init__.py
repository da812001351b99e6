"""scikit-learn's digits: 1,797 images, 8 x 8, grey values as Bernoulli means."""

OBSERVATION = "bernoulli"
IMAGE_SHAPE = (8, 8)
