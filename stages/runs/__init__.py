"""What a run is: its configuration, its data and model, and how far it has got."""
