"""The report's figures of one data set."""
