"""What is measured in latent space; numpy only."""
