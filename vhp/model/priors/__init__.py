"""Priors over z. A prior knows z and nothing of x or of decoders.

Each prior is a module with

    d_zeta                    width of its own latent variable, 0 if it has none
    log_prob(z, eps)          z (..., batch, d_z), eps (K, ..., batch, d_zeta) -> (..., batch), nats
    sample(n)                 (n, d_z)
    frozen()                  an equivalent prior for many evaluations with fixed weights

log_prob is exact where the prior has a density. Where it has a latent zeta, it is log 1/K sum_k of importance weights
made with the noise eps: with K = 1 the weight of one joint sample (z, zeta), in expectation a lower bound on log p(z).
"""
