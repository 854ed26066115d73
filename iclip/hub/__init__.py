"""Models for a hub: a folder that other libraries load, its model card, and the upload."""
