"""The commands of diplotone-train; each module adds its own to the command line and loads what they need late."""
