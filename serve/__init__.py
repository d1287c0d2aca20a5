"""From requests to analyses: the page and the HTTP interface."""
