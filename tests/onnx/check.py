#!/usr/bin/env python3
"""Checks exported networks with ONNX's checker and ONNX Runtime, and prints a table: see scripts/test-onnx.

    python3 tests/onnx/check.py FOLDER…

Each folder holds floats.onnx and bytes.onnx, the same network for pixels of either type, and answers.csv, what
`lenet-gpu eval --answers` says of it on the test digits.
"""

import lzma
import pathlib
import sys

import numpy
import onnx
import onnxruntime

DIGITS = pathlib.Path(__file__).parent.parent.parent / "assets" / "mnist"
COUNT = 10000
# A network runs on any number of pictures; one that divides nothing is among them.
BATCHES = [1, 7, 1000]
# Both sides compute in single precision, by sums in another order: through seven layers that is off by some
# 10⁻⁶ of the largest distances, which are about 300.
TOLERANCE = 1e-3


def test_digits():
    """Pictures [n, 1, 28, 28] as bytes, and labels."""
    images = lzma.decompress((DIGITS / "t10k-images-idx3-ubyte.xz").read_bytes())
    labels = lzma.decompress((DIGITS / "t10k-labels-idx1-ubyte.xz").read_bytes())
    images = numpy.frombuffer(images, numpy.uint8, COUNT * 784, offset=16)
    return images.reshape(COUNT, 1, 28, 28), numpy.frombuffer(labels, numpy.uint8, COUNT, offset=8)


def checked(file):
    """The model in `file`, which ONNX's checker and its strict inference of shapes accept."""
    onnx.checker.check_model(str(file), full_check=True)
    model = onnx.load(file)
    inferred = onnx.shape_inference.infer_shapes(
        model, check_type=True, strict_mode=True, data_prop=True
    )
    computed = {name for node in inferred.graph.node for name in node.output}
    shaped = {value.name for value in [*inferred.graph.value_info, *inferred.graph.output]}
    assert computed <= shaped, f"{file}: no shape of {computed - shaped}"
    return model


def run(session, images):
    """All outputs by name, computed in batches of several sizes."""
    names = [output.name for output in session.get_outputs()]
    parts, first, turn = [], 0, 0
    while first < len(images):
        last = first + BATCHES[turn % len(BATCHES)]
        parts.append(session.run(None, {"image": images[first:last]}))
        first, turn = last, turn + 1
    return {name: numpy.concatenate(part) for name, part in zip(names, zip(*parts))}


def distances_of(outputs):
    """What `eval` calls distances: with the softmax head -log p."""
    if "distances" in outputs:
        return outputs["distances"].astype(numpy.float64)
    scores = outputs["scores"].astype(numpy.float64)
    scores -= scores.max(axis=1, keepdims=True)
    return numpy.log(numpy.exp(scores).sum(axis=1, keepdims=True)) - scores


def check(folder, pixels, images, labels):
    """A row of the table, and whether all is as it should be."""
    model = checked(folder / f"{pixels}.onnx")
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    outputs = run(session, images)
    assert outputs["digit"].dtype == numpy.int64
    expected = numpy.loadtxt(folder / "answers.csv", delimiter=",", skiprows=1)
    assert len(expected) == COUNT and (expected[:, 1] == labels).all()
    other = int((outputs["digit"] != expected[:, 2]).sum())
    errors = int((outputs["digit"] != labels).sum())
    errors_of_eval = int((expected[:, 2] != labels).sum())
    difference = float(numpy.abs(distances_of(outputs) - expected[:, 3:]).max())
    row = f"{folder.name:<14}{pixels:<8}{errors:>8}{errors_of_eval:>8}{other:>8}{difference:>12.1e}"
    return row, other == 0 and errors == errors_of_eval and difference < TOLERANCE


def main():
    images, labels = test_digits()
    inputs = {"floats": images.astype(numpy.float32) / numpy.float32(255), "bytes": images}
    print(f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}")
    print(f"{'network':<14}{'pixels':<8}{'wrong':>8}{'eval':>8}{'other':>8}{'distances':>12}")
    all_right = True
    for folder in map(pathlib.Path, sys.argv[1:]):
        for pixels, pictures in inputs.items():
            row, is_right = check(folder, pixels, pictures, labels)
            print(row if is_right else f"{row}  WRONG")
            all_right &= is_right
    sys.exit(0 if all_right else 1)


if __name__ == "__main__":
    main()
