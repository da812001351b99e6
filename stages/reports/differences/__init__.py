"""Paired differences of methods: what a section keeps of them, and the tables made of that."""
