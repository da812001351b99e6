"""Dynamic MNIST: 50,000 / 10,000 / 10,000 images, 28 x 28, grey values as Bernoulli means."""

OBSERVATION = "bernoulli"
IMAGE_SHAPE = (28, 28)
