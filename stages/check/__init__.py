"""Do the results belong to the code, and have they got worse?"""
