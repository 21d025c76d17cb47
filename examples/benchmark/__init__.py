"""Times training steps: computed in several ways, of several sizes and lengths."""
