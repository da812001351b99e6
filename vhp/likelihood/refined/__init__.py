"""A second estimate of log p(x), whose proposal is made for each image."""
