"""From labelled records to a release."""
