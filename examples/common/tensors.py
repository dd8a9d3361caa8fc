"""safetensors files as dictionaries of NumPy arrays."""

import json
import struct

import numpy

TYPES = {"F32": numpy.float32, "F64": numpy.float64, "I32": numpy.int32, "I64": numpy.int64}


def split(path):
    """The header of a file, as a dictionary, and its data."""
    with open(path, "rb") as file:
        data = file.read()
    (size,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + size]), data[8 + size :]


def metadata(path):
    return split(path)[0].get("__metadata__", {})


def read(path):
    header, data = split(path)
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        raw = data[begin:end]
        tensors[name] = numpy.frombuffer(raw, TYPES[entry["dtype"]]).reshape(entry["shape"]).copy()
    return tensors


def write(path, tensors, symbols=None):
    """`symbols` has, for tensors of tokens, the name of each token."""
    names = {numpy.dtype(kind): name for name, kind in TYPES.items()}
    metadata = {"symbols." + name: json.dumps(words) for name, words in (symbols or {}).items()}
    header, blobs, offset = {"__metadata__": metadata} if metadata else {}, [], 0
    for name, value in tensors.items():
        value = numpy.ascontiguousarray(value)
        blobs.append(value.tobytes())
        end = offset + len(blobs[-1])
        header[name] = {"dtype": names[value.dtype], "shape": list(value.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def pad(sequences, fill=0):
    """Lists of tokens as one array [N, T] and their lengths [N]; the rest is `fill`."""
    lengths = numpy.array([len(sequence) for sequence in sequences], numpy.int32)
    padded = numpy.full((len(sequences), lengths.max()), fill, numpy.int32)
    for row, sequence in zip(padded, sequences):
        row[: len(sequence)] = sequence
    return padded, lengths
