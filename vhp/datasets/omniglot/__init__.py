"""OMNIGLOT: 23,000 / 1,345 / 8,070 drawings of characters, 28 x 28, grey values as Bernoulli means."""

OBSERVATION = "bernoulli"
IMAGE_SHAPE = (28, 28)
NOTE = (
    "Its 28 x 28 form is made from the original 105 x 105 drawings by antialiased bicubic reduction, as that of Burda "
    "et al. (2016) is believed to be; their own file is the data set omniglot_chardata."
)
