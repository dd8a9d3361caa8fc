"""Dropout's masks, as documented: Philox2x32 of 10 rounds (Salmon et al. 2011)."""

import numpy

MULTIPLIER, WEYL = 0xD256D193, 0x9E3779B9
WORD = numpy.uint64(0xFFFFFFFF)


def philox2x32(counter, key):
    """The first output word of each 64-bit counter."""
    counter = numpy.asarray(counter, numpy.uint64)
    low, high = counter & WORD, counter >> numpy.uint64(32)
    for turn in range(10):
        product = low * numpy.uint64(MULTIPLIER)
        turned = numpy.uint64((key + turn * WEYL) & 0xFFFFFFFF)
        low, high = (product >> numpy.uint64(32)) ^ turned ^ high, product & WORD
    return low


def mask(seed, site, rate, row, size):
    """What a row's features are multiplied with: a column of 0 and 1 / (1 - rate)."""
    key = ((seed & 0xFFFFFFFF) ^ (seed >> 32) ^ (WEYL * (site + 1))) & 0xFFFFFFFF
    words = philox2x32(row * size + numpy.arange(size), key)
    return numpy.where(words >= rate * 2.0**32, 1 / (1 - rate), 0)[:, None]
