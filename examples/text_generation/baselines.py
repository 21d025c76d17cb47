"""A model of text without a network: what a compressor needs."""

import lzma


def compressed_bits(train: str, text: str) -> float:
    """Return the bits per character that LZMA needs for `text` once it has `train`.

    LZMA goes on learning as it reads `text`, which the network does not.
    """
    before, after = (
        len(lzma.compress(part.encode(), preset=9 | lzma.PRESET_EXTREME))
        for part in (train, train + text)
    )
    return 8 * (after - before) / len(text)
