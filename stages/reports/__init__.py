"""What people read: tables, figures and the page, from the artifacts of the runs."""
