"""The run bundle: what a run leaves behind. Recorders write it, readers give it back typed. Nothing here judges.

docs/bundle-format.md is the format.
"""
