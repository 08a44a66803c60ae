"""Says how much of one prompt's cache another prompt can use: python -m kvblocks PROMPT PROMPT"""

import sys

from . import hash_blocks, shared_prefix

BLOCK_SIZE = 4


def main(prompts):
    if len(prompts) != 2:
        raise SystemExit(__doc__)
    first, second = (hash_blocks(list(prompt.encode()), BLOCK_SIZE) for prompt in prompts)
    print(f"kvblocks: {shared_prefix(first, second)} of {len(second)} blocks of the second prompt are cached")


main(sys.argv[1:])
