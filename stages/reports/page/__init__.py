"""The report as one HTML file: what was found, figures, tables, downloads."""
