"""Writes src/adapters/minilm/golden_tokens.txt: texts with the ids that the encoder's own tokenizer gives them.

    golden_tokens.py TOKENIZER.json < TEXTS > golden_tokens.txt

Needs the PyPI package `tokenizers`. The unit test of our WordPieces reads the result, so the package is not needed
again unless texts are added.
"""

import sys

from tokenizers import Tokenizer

tokenizer = Tokenizer.from_file(sys.argv[1])
tokenizer.no_padding()
tokenizer.enable_truncation(128)
for text in sys.stdin.read().splitlines():
    print(" ".join(map(str, tokenizer.encode(text).ids)), text, sep="\t")
