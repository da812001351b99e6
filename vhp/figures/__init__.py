"""What people look at: one file per figure, one style.

Each figure's function takes arrays and returns a matplotlib Figure; `style.save` writes it. A figure's module also has
CAPTION, which says how to read it.

    beta_update           how far one step of REWO and of GECO moves beta
    training_curves       beta, C_t, reconstruction, KL and validation bound against the step
    latent_space          approximate posterior above prior, for d_z = 2
    latent_steps          the same at several steps of the training
    latent_graph          the prior's k-NN graph and the interpolations on it
    interpolation_strips  decoded interpolations, discontinuities boxed
    samples               decoded prior samples, and originals above reconstructions
    study                 what each method reaches at each value of one parameter
    contact_sheet         examples of a data set; _<data set>: one of its own
    mosaic                images tiled on a canvas
    style                 names, colours, fonts, resolution
"""
