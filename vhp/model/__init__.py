"""Models: networks, observation models, priors, and the VAE made of them."""
