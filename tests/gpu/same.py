#!/usr/bin/env python3
"""Compares two screenshots, PPM or PNG of 8 bits: same.py FILE FILE [STEPS]. Exits with 1 if they differ.

Colors may differ by that many steps of 255 in each channel, or by one: GPUs round where pixman truncates, once for each
translucent layer.
"""
import struct
import sys
import zlib

def read_ppm(data):
    magic, width, height, depth = data.split(maxsplit=4)[:4]
    assert magic == b'P6' and depth == b'255', 'not a PPM of 8 bits'
    width, height = int(width), int(height)
    return width, height, data[-width * height * 3:]


def unfilter(kind, row, above, step):
    for i, value in enumerate(row):
        left = row[i - step] if i >= step else 0
        up, corner = above[i], above[i - step] if i >= step else 0
        if kind == 1:
            row[i] = value + left & 255
        elif kind == 2:
            row[i] = value + up & 255
        elif kind == 3:
            row[i] = value + (left + up) // 2 & 255
        elif kind == 4:
            guess = left + up - corner
            distances = abs(guess - left), abs(guess - up), abs(guess - corner)
            row[i] = value + (left, up, corner)[distances.index(min(distances))] & 255


def read_png(data):
    place, packed = 8, b''
    while place < len(data):
        length, name = struct.unpack_from('>I4s', data, place)
        chunk = data[place + 8:place + 8 + length]
        place += length + 12
        if name == b'IHDR':
            width, height, depth, color, _, _, interlaced = struct.unpack('>IIBBBBB', chunk)
        elif name == b'IDAT':
            packed += chunk
    assert depth == 8 and color in (2, 6) and not interlaced, 'not a PNG of 8 bits with colors'
    step = 3 if color == 2 else 4
    raw, pixels, above = zlib.decompress(packed), bytearray(), bytearray(width * step)
    for y in range(height):
        start = y * (width * step + 1)
        row = bytearray(raw[start + 1:start + 1 + width * step])
        unfilter(raw[start], row, above, step)
        above = row
        colors = bytearray(width * 3)
        for channel in range(3):
            colors[channel::3] = row[channel::step]
        pixels += colors
    return width, height, bytes(pixels)


def read(path):
    with open(path, 'rb') as file:
        data = file.read()
    return read_png(data) if data.startswith(b'\x89PNG') else read_ppm(data)


def main():
    (width, height, left), (other_width, other_height, right) = map(read, sys.argv[1:3])
    steps = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    if (width, height) != (other_width, other_height):
        sys.exit('%s: %dx%d, %s: %dx%d' % (sys.argv[1], width, height, sys.argv[2], other_width, other_height))
    if left == right:
        return
    bad = [i for i, (a, b) in enumerate(zip(left, right)) if abs(a - b) > steps]
    if bad:
        sys.exit('%d of %d values differ, by at most %d; the first at %d,%d: %d and %d' % (len(bad), len(left),
            max(abs(left[i] - right[i]) for i in bad), bad[0] // 3 % width, bad[0] // 3 // width, left[bad[0]],
            right[bad[0]]))


main()
