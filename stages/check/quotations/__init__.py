"""What README and documents quote of the results: a module for each document, which gives the text as it must stand."""
