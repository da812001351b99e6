"""Static MNIST: the fixed binarisation of Larochelle & Murray (2011), 50,000 / 10,000 / 10,000 images, 28 x 28.

The test set is sorted by digit: a subset of it must be drawn at random.
"""

OBSERVATION = "bernoulli"
IMAGE_SHAPE = (28, 28)
