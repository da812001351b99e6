"""OMNIGLOT in the form that Burda et al. (2016) distribute: 23,000 / 1,345 / 8,070 drawings, 28 x 28."""

OBSERVATION = "bernoulli"
IMAGE_SHAPE = (28, 28)
NOTE = "The images are those of chardata.mat, which Burda et al. (2016) distribute."
