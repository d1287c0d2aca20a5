"""What is in an article: sentences, voices, actors, and who stands where toward whom."""
