#!/usr/bin/env python3
"""LeNet-5 as lenet-gpu trains it, in PyTorch: training and inference, eager and compiled, timed.

A training step is what lenet-gpu's is, save the distortion of the digits: the batch is gathered
from the bytes of the set in memory, goes forward and backward, and Adam updates the 60,000
parameters. Inference takes the test digits in order and ends with their distances to the codes.

Prints one line of JSON a measurement. With --serve, reads the measurements to make from standard
input instead, one a line, `train|infer BATCH SECONDS`, which is how compare.py runs it.
"""

import argparse
import gzip
import json
import lzma
import os
import pathlib
import platform
import sys
import time

from shared import cpu_name, list_of, one_of, positive

try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError as error:
    sys.exit(f"error: {error}; README.md beside this script says how to install PyTorch")

PARAMETERS = 60_000
MODES = ("train", "infer")

# The constants of the recipe `default`.
LOSS_SCALE, RUBBISH, GAIN = 0.05, 3.0, 1.5
RATE, BETAS = 0.007, (0.8, 0.98)

BACKGROUND, INK = -0.1, 1.175

WARM_UP_STEPS = 10

# Table I: the S2 maps that each C3 map reads.
TABLE_1 = [
    [0, 1, 2],
    [1, 2, 3],
    [2, 3, 4],
    [3, 4, 5],
    [0, 4, 5],
    [0, 1, 5],
    [0, 1, 2, 3],
    [1, 2, 3, 4],
    [2, 3, 4, 5],
    [0, 3, 4, 5],
    [0, 1, 4, 5],
    [0, 1, 2, 5],
    [0, 1, 3, 4],
    [1, 2, 4, 5],
    [0, 2, 3, 5],
    [0, 1, 2, 3, 4, 5],
]

# The RBF codes (Figure 3), the ten digits side by side; `#` is +1, `.` is -1.
CODES = """\
.#####. ...##.. .#####. ####### .#####. .#####. ..####. ####### .#####. .#####.
....... ..###.. ....... .....## ....... ....... .##.... .....## ##...## ##..###
..###.. .####.. .#####. ....##. ....... ####### ##..... .....## ##...## ##...##
.##.##. ...##.. ##...## ...##.. .##..## ##..... ##..... ....##. ##...## ##...##
##...## ...##.. #....## ..####. .##..## ##..... ######. ...##.. .#####. ##..###
##...## ...##.. ....##. .....## ###..## .####.. ###..## ...##.. ##...## .######
##...## ...##.. ..###.. .....## ##...## ..####. ##...## ..##... ##...## .....##
##...## ...##.. .##.... .....## ##...## .....## ##...## ..##... ##...## .....##
.##.##. ...##.. ##..... ##...## ##..### ##...## ###..## ..##... ##...## ....##.
..###.. .###### ####### .#####. .###### .#####. .#####. ..##... .#####. .####..
....... ....... ....... ....... .....## ....... ....... ....... ....... .......
....... ....... ....... ....... .....## ....... ....... ....... ....... .......
""".splitlines()


def uniform(shape, fan_in):
    """Initial weights: uniform in ±gain·√(3/F)."""
    bound = GAIN * (3 / fan_in) ** 0.5
    return torch.empty(shape).uniform_(-bound, bound)


def squash(a):
    """f(a) = 1.7159·tanh(2/3·a)."""
    return 1.7159 * torch.tanh(2 / 3 * a)


class Subsampling(nn.Module):
    """Sum of 2×2 units, times a trainable coefficient, plus a trainable bias.

    Summed by slices: from batch 16 on that trains faster on a CPU than avg_pool2d, a sum over a
    reshaped view or a depthwise convolution.
    """

    def __init__(self, maps):
        super().__init__()
        self.coefficient = nn.Parameter(torch.full((maps, 1, 1), 0.25))
        self.bias = nn.Parameter(torch.zeros(maps, 1, 1))

    def forward(self, x):
        rows = x[:, :, ::2] + x[:, :, 1::2]
        total = rows[..., ::2] + rows[..., 1::2]
        return torch.addcmul(self.bias, total, self.coefficient)


class PartialConvolution(nn.Module):
    """C3: the 60 kernels of Table I, put into the weights of a full convolution.

    On a CPU that is the fastest way: as fast as a full convolution without a table or with a mask,
    and many times as fast as grouped convolutions over gathered maps. README.md has the figures.
    """

    def __init__(self):
        super().__init__()
        places = [6 * output + i for output, inputs in enumerate(TABLE_1) for i in inputs]
        kernels = [uniform((len(inputs), 25), 25 * len(inputs)) for inputs in TABLE_1]
        self.register_buffer("places", torch.tensor(places))
        self.kernels = nn.Parameter(torch.cat(kernels))
        self.bias = nn.Parameter(torch.zeros(16))

    def forward(self, x):
        weight = self.kernels.new_zeros(96, 25).index_copy(0, self.places, self.kernels)
        return F.conv2d(x, weight.view(16, 6, 5, 5), self.bias)


class LeNet5(nn.Module):
    """Fields [n,1,32,32] to distances to the ten codes [n,10]."""

    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5)
        self.s2 = Subsampling(6)
        self.c3 = PartialConvolution()
        self.s4 = Subsampling(16)
        self.c5 = nn.Linear(400, 120)
        self.f6 = nn.Linear(120, 84)
        for layer, fan_in in ((self.c1, 25), (self.c5, 400), (self.f6, 120)):
            layer.weight.data = uniform(layer.weight.shape, fan_in)
            nn.init.zeros_(layer.bias)
        pixels = [[row[8 * digit : 8 * digit + 7] for row in CODES] for digit in range(10)]
        codes = [[1.0 if c == "#" else -1.0 for c in "".join(rows)] for rows in pixels]
        self.register_buffer("codes", torch.tensor(codes).t().contiguous())

    def forward(self, fields):
        x = squash(self.c1(fields))
        x = squash(self.s2(x))
        x = squash(self.c3(x))
        x = squash(self.s4(x))
        x = squash(self.c5(x.flatten(1)))
        x = squash(self.f6(x))
        # Σ(x − w)² = Σx² − 2·x·w + Σw², and Σw² is 84 for codes of ±1.
        squares = (x * x).sum(1, keepdim=True) + 84
        return torch.addmm(squares, x, self.codes, alpha=-2)


def loss_of(distances, labels):
    """Eq. 9, a cross-entropy with the rubbish class as an eleventh logit −j."""
    logits = F.pad(-LOSS_SCALE * distances, (0, 1), value=-RUBBISH)
    return F.cross_entropy(logits, labels)


def fields_of(images):
    """Bytes [n,28,28] into the middle of fields [n,1,32,32]: 0 is the background, 255 the ink."""
    ink = torch.add(BACKGROUND, images, alpha=(INK - BACKGROUND) / 255)
    return F.pad(ink, (2, 2, 2, 2), value=BACKGROUND).unsqueeze(1)


def content_of(path):
    """The bytes of a file, which may be packed."""
    for ending, opened in ("", open), (".gz", gzip.open), (".xz", lzma.open):
        packed = path.with_name(path.name + ending)
        if packed.exists():
            with opened(packed, "rb") as file:
                return file.read()
    raise FileNotFoundError(f"there is no {path}, nor with .gz or .xz")


def read_idx(folder, name, header, shape):
    """An IDX file as a tensor of bytes."""
    path = pathlib.Path(folder) / name
    try:
        content = content_of(path)
    except (OSError, EOFError, lzma.LZMAError) as error:
        sys.exit(f"error: {error}; --data must name a folder with MNIST's IDX files")
    if len(content) <= header:
        sys.exit(f"error: {path}: {len(content)} bytes, too short for an IDX file")
    return torch.frombuffer(bytearray(content[header:]), dtype=torch.uint8).view(shape)


class Digits:
    """A set in memory: images as bytes, labels as PyTorch wants them."""

    def __init__(self, folder, name, device):
        images = read_idx(folder, f"{name}-images-idx3-ubyte", 16, (-1, 28, 28))
        labels = read_idx(folder, f"{name}-labels-idx1-ubyte", 8, (-1,))
        if len(images) != len(labels):
            sys.exit(f"error: {folder}: {len(images)} {name} images, but {len(labels)} labels")
        self.images, self.labels = images.to(device), labels.to(device, torch.int64)

    def __len__(self):
        return len(self.labels)


class Contestant:
    """Something that makes one step after another: `step()` gives a tensor that shows it did."""

    def __init__(self, batch, digits, arguments):
        if batch > len(digits):
            raise ValueError(f"batch {batch} is larger than the set of {len(digits)} digits")
        torch.manual_seed(0)
        self.batch, self.digits, self.device = batch, digits, torch.device(arguments.device)
        self.network = LeNet5().to(self.device)
        trainable = sum(p.numel() for p in self.network.parameters() if p.requires_grad)
        assert trainable == PARAMETERS, f"{trainable} parameters, expected {PARAMETERS}"
        self.first = 0

    def compiled(self, function, arguments):
        """`function` as it is, or compiled; on CUDA with CUDA graphs."""
        if arguments.execution == "eager":
            return function
        mode = "reduce-overhead" if arguments.device == "cuda" else "default"
        return torch.compile(function, mode=mode, dynamic=False)

    def advance(self):
        """The position of the next batch. What does not fill a batch is left out of the pass."""
        if self.first + self.batch > len(self.digits):
            self.first = 0
        first = self.first
        self.first += self.batch
        return first

    def synchronise(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def warm_up(self):
        for _ in range(WARM_UP_STEPS):
            self.step()
        self.synchronise()

    def measure(self, seconds):
        """Samples/s over at least `seconds`, and the value of the last step."""
        steps, started = 0, time.perf_counter()
        while time.perf_counter() - started < seconds:
            value = self.step()
            steps += 1
        value = value.mean().item()
        self.synchronise()
        elapsed = time.perf_counter() - started
        if not abs(value) < float("inf"):
            raise ArithmeticError(f"the result is {value} after {steps} steps")
        return {
            "samples_per_second": steps * self.batch / elapsed,
            "seconds": elapsed,
            "steps": steps,
            "value": value,
        }


class Training(Contestant):
    def __init__(self, batch, digits, arguments):
        super().__init__(batch, digits, arguments)
        # The fused Adam is one kernel over all parameters: PyTorch's fastest.
        self.optimiser = torch.optim.Adam(
            self.network.parameters(), lr=RATE, betas=BETAS, eps=1e-8, fused=True
        )
        self.loss_at = self.compiled(self.loss_at, arguments)

    def loss_at(self, chosen):
        """The loss of the digits `chosen`: gather, assemble, forward."""
        fields = fields_of(self.digits.images[chosen])
        return loss_of(self.network(fields), self.digits.labels[chosen])

    def step(self):
        first = self.advance()
        if first == 0:
            self.order = torch.randperm(len(self.digits), device=self.device)
        loss = self.loss_at(self.order[first : first + self.batch])
        loss.backward()
        self.optimiser.step()
        self.optimiser.zero_grad()
        return loss.detach()


class Inference(Contestant):
    def __init__(self, batch, digits, arguments):
        super().__init__(batch, digits, arguments)
        self.distances = self.compiled(self.distances, arguments)

    def distances(self, images):
        return self.network(fields_of(images))

    @torch.inference_mode()
    def step(self):
        first = self.advance()
        return self.distances(self.digits.images[first : first + self.batch])


class Bench:
    """All contestants of this process, each made and warmed up when it is first asked for."""

    def __init__(self, arguments):
        self.arguments, self.contestants = arguments, {}
        kinds = {"train": (Training, "train"), "infer": (Inference, "t10k")}
        self.kinds = {
            mode: (kind, Digits(arguments.data, name, arguments.device))
            for mode, (kind, name) in kinds.items()
        }
        on_cuda = arguments.device == "cuda"
        self.facts = {
            "framework": "PyTorch",
            "version": torch.__version__,
            "execution": arguments.execution,
            "device": torch.cuda.get_device_name() if on_cuda else cpu_name(),
            "cuda": torch.version.cuda if on_cuda else None,
            "threads": torch.get_num_threads(),
            "python": platform.python_version(),
        }

    def measure(self, mode, batch, seconds):
        """The facts with one measurement, or with the error that prevented it."""
        asked = {**self.facts, "mode": mode, "batch": batch}
        try:
            return {**asked, **self.contestant(mode, batch).measure(seconds)}
        # A peer that cannot be measured is reported as such; what stops it may be anything from
        # a missing C++ compiler to memory.
        except Exception as error:
            first_line = (str(error).strip() or "no message").splitlines()[0]
            return {**asked, "error": f"{type(error).__name__}: {first_line}"}

    def contestant(self, mode, batch):
        if (mode, batch) not in self.contestants:
            kind, digits = self.kinds[mode]
            contestant = kind(batch, digits, self.arguments)
            contestant.warm_up()
            self.contestants[mode, batch] = contestant
        return self.contestants[mode, batch]


def serve(bench):
    """Answers the requests on standard input until it ends."""
    for line in sys.stdin:
        words = line.split()
        try:
            mode, batch, seconds = words[0], int(words[1]), float(words[2])
            valid = len(words) == 3 and mode in bench.kinds and batch > 0 and seconds > 0
        except (ValueError, IndexError):
            valid = False
        if valid:
            answer = bench.measure(mode, batch, seconds)
        else:
            answer = {"error": f"{line.strip()!r} is not `train|infer BATCH SECONDS`"}
        print(json.dumps(answer), flush=True)


def parse_arguments():
    mnist = pathlib.Path(__file__).resolve().parents[2] / "assets" / "mnist"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--execution", choices=["eager", "compile"], default="eager")
    parser.add_argument("--mode", type=list_of(one_of(MODES)), default="train,infer", metavar="M,M")
    parser.add_argument("--batch", type=list_of(positive(int)), default="64", metavar="N,N,…")
    parser.add_argument("--seconds", type=positive(float), default=2.0, help="a measurement")
    parser.add_argument("--threads", type=positive(int), default=os.cpu_count())
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--data", default=mnist, metavar="DIR", help="MNIST's four IDX files")
    parser.add_argument("--serve", action="store_true", help="take requests on standard input")
    arguments = parser.parse_args()
    if arguments.device == "cuda" and not torch.cuda.is_available():
        parser.error("--device cuda: PyTorch finds no CUDA device here")
    return arguments


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    bench = Bench(arguments)
    if arguments.serve:
        serve(bench)
        return
    for batch in arguments.batch:
        for mode in arguments.mode:
            print(json.dumps(bench.measure(mode, batch, arguments.seconds)), flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
