"""Which network is worth its minutes: nats against processor time, of training and of the likelihood."""
