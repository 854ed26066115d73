"""What is measured on: real class texts, and made-up ones, batches, shards and detections."""
