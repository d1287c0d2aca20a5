"""What changes without touching code: the labels, the actors, the recipes, the service."""
