"""Do results, dvc.lock and reports agree, and have results got worse?"""
