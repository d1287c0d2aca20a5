"""Whole archives: files of any size, scored shard by shard, whatever happens in between."""
