from ._kvblocks import hash_blocks, shared_prefix

__all__ = ["hash_blocks", "shared_prefix"]
