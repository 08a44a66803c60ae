"""Builds the conformance cases and compares what came out; see ../README.md."""
