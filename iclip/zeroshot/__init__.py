"""Zero-shot classification, retrieval and probes on the field's data sets."""
