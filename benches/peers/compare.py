#!/usr/bin/env python3
"""lenet-gpu beside PyTorch and burn on this machine: the same network, in turns.

Prints Markdown tables of medians with ratios. Progress and errors go to standard error.
Needs the Python standard library only; PyTorch is run by the interpreter that --python names.
"""

import argparse
import json
import lzma
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile

from shared import cpu_name, list_of, one_of, positive

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MNIST = ROOT / "assets" / "mnist"

MODES = ("train", "infer")
TITLES = {"train": "Training", "infer": "Inference"}
GROUPS = ("lenet", "pytorch", "burn")

# Every pool of threads that one of the programs has.
THREAD_VARIABLES = (
    "RAYON_NUM_THREADS",  # lenet-gpu's CPU path, burn
    "MATMUL_NUM_THREADS",  # burn's ndarray backend
    "OMP_NUM_THREADS",  # PyTorch
    "MKL_NUM_THREADS",  # PyTorch
    "LP_NUM_THREADS",  # Mesa's software adapter, which wgpu runs on where there is no GPU
)


class Unavailable(Exception):
    """Why something cannot be measured."""


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"


def error_line(text):
    """The line of a program's messages that says what went wrong."""
    errors = [line.strip() for line in text.splitlines() if line.startswith("error")]
    return errors[0] if errors else last_line(text)


class Server:
    """A peer that runs as long as this program does, and measures what it is asked for.

    So compiling and tuning happen once, in the first measurement of a kind, and are not counted.
    """

    def __init__(self, label, command, environment):
        self.label = label
        self.messages = tempfile.TemporaryFile("w+", errors="replace")
        self.process, self.failure = None, None
        if not shutil.which(command[0]):
            self.failure = f"{command[0]} is not there; README.md says how to get it"
            return
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.messages,
            text=True,
        )

    def measure(self, _round, mode, batch, seconds):
        """A measurement as the peer reports it; its rate is `samples_per_second`."""
        if self.failure:
            raise Unavailable(self.failure)
        try:
            self.process.stdin.write(f"{mode} {batch} {seconds}\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            code = self.process.wait()
            self.messages.seek(0)
            self.failure = f"ended with code {code}: {error_line(self.messages.read())}"
            raise Unavailable(self.failure)
        answer = json.loads(answer)
        if "error" in answer:
            raise Unavailable(answer["error"])
        return answer

    def close(self):
        if self.process:
            self.process.terminate()
            self.process.wait()


class LenetBench:
    """`lenet-gpu bench`: one call measures training and inference at one batch size."""

    def __init__(self, program, environment):
        self.program, self.environment = program, environment
        self.calls = {}

    def rows(self, round_number, adapter, batch, seconds):
        """The rows of this round's call; what failed once in a round is not tried again in it."""
        key = (round_number, adapter, batch)
        if key not in self.calls:
            self.calls[key] = self.call(adapter, batch, seconds)
        document = self.calls[key]
        if isinstance(document, Unavailable):
            raise document
        return [{**row, "adapters": document.get("adapters")} for row in document["rows"]]

    def call(self, adapter, batch, seconds):
        """One document, or what prevented it."""
        if not shutil.which(self.program):
            return Unavailable(f"{self.program} is not there; cargo build --release makes it")
        command = [self.program, "bench", "--adapter", adapter, "--batch", str(batch)]
        # The peers train on the digits as they are.
        command += ["--recipe", "plain"]
        command += ["--rounds", "1", "--seconds", str(seconds), "--json"]
        run = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        if run.returncode != 0:
            return Unavailable(f"ended with code {run.returncode}: {error_line(run.stderr)}")
        return json.loads(run.stdout)

    def version(self):
        if not shutil.which(self.program):
            return None
        run = subprocess.run([self.program, "--version"], capture_output=True, text=True)
        return run.stdout.strip() or None


class Lenet:
    """One path of lenet-gpu: the CPU's, or an adapter's."""

    def __init__(self, label, bench, adapter, chosen):
        self.label, self.bench, self.adapter, self.chosen = label, bench, adapter, chosen

    def measure(self, round_number, mode, batch, seconds):
        # `bench` may measure the CPU path beside an adapter: then its row is there already.
        calls = [key[1] for key in self.bench.calls if key[0] == round_number and key[2] == batch]
        for adapter in dict.fromkeys([*calls, self.adapter]):
            try:
                rows = self.bench.rows(round_number, adapter, batch, seconds)
            except Unavailable:
                if adapter == self.adapter:
                    raise
                continue
            rows = [row for row in rows if self.chosen(row) and row["mode"] == mode]
            for row in rows:
                if row["batch"] == batch:
                    return row
        if rows:
            batches = ", ".join(str(row["batch"]) for row in rows)
            raise Unavailable(f"this lenet-gpu measures {TITLES[mode].lower()} at batch {batches} only")
        raise Unavailable(f"`bench --adapter {self.adapter}` has no row of {mode}")

    def close(self):
        """Nothing runs between measurements."""


def unpack_digits(folder):
    """MNIST's files, unpacked, for the peer that reads no xz."""
    for packed in sorted(MNIST.glob("*.xz")):
        (folder / packed.stem).write_bytes(lzma.decompress(packed.read_bytes()))


def contestants(arguments, environment, digits):
    """All that take turns. lenet-gpu's adapter comes before its CPU path, see `Lenet.measure`."""
    only = arguments.only
    if "lenet" in only:
        bench = LenetBench(arguments.lenet_gpu, environment)
        yield Lenet(
            f"lenet-gpu {arguments.adapter}",
            bench,
            arguments.adapter,
            lambda row: row["backend"] != "cpu",
        )
        yield Lenet("lenet-gpu cpu", bench, "cpu", lambda row: row["backend"] == "cpu")
    if "pytorch" in only:
        for execution in ("eager", "compile"):
            command = [arguments.python, str(HERE / "pytorch_lenet5.py"), "--serve"]
            command += ["--threads", str(arguments.threads), "--device", arguments.device]
            command += ["--execution", execution, "--data", str(MNIST)]
            yield Server(f"PyTorch {execution} {arguments.device}", command, environment)
    if "burn" in only:
        for backend in ("wgpu", "ndarray", "flex"):
            command = [arguments.burn, "--data", str(digits), "--backend", backend]
            command += ["--adapter", arguments.burn_adapter]
            yield Server(f"burn {backend}", command, environment)


def take_turns(arguments, peers):
    """All measurements, as (label, mode, batch, measurement); one that failed has an `error`."""
    measurements = []
    for round_number in range(1, arguments.rounds + 1):
        for batch in arguments.batch:
            for mode in MODES:
                for peer in peers:
                    where = f"round {round_number}, {mode}, batch {batch}, {peer.label}"
                    try:
                        measured = peer.measure(round_number, mode, batch, arguments.seconds)
                        said = f"{measured['samples_per_second']:,.0f} samples/s"
                    except Unavailable as reason:
                        measured, said = {"error": str(reason)}, f"not measured: {reason}"
                    print(f"{where}: {said}", file=sys.stderr, flush=True)
                    measurements.append((peer.label, mode, batch, measured))
    return measurements


def summarise(measurements):
    """A row for each (mode, batch, label): median, lowest and highest rate, or the reason."""
    groups = {}
    for label, mode, batch, measured in measurements:
        groups.setdefault((mode, batch, label), []).append(measured)
    rows = []
    for (mode, batch, label), group in groups.items():
        rates = [one["samples_per_second"] for one in group if "error" not in one]
        errors = [one["error"] for one in group if "error" in one]
        row = {"mode": mode, "batch": batch, "program": label, "rounds": len(rates)}
        if rates:
            row |= {"median": statistics.median(rates), "lowest": min(rates), "highest": max(rates)}
        if errors:
            row["error"] = errors[-1]
        rows.append(row)
    return rows


def print_table(mode, rows):
    """A table of one mode; a ratio is lenet-gpu's median through that of the row's program."""
    rows = [row for row in rows if row["mode"] == mode]
    ours = list(dict.fromkeys(r["program"] for r in rows if r["program"].startswith("lenet-gpu")))
    print(f"\n{TITLES[mode]}, samples/s\n")
    print("| batch | program | median | lowest–highest |" + "".join(f" {o} / it |" for o in ours))
    print("|---:|---|---:|---:|" + "---:|" * len(ours))
    for row in rows:
        cells = [f"{row['batch']:,}", row["program"]]
        if "median" in row:
            cells.append(f"{row['median']:,.0f}")
            cells.append(f"{row['lowest']:,.0f}–{row['highest']:,.0f}")
            cells += [ratio(rows, our, row) for our in ours]
        else:
            cells += [f"not measured ({row['error'].replace('|', '¦')})", ""] + [""] * len(ours)
        print("| " + " | ".join(cells) + " |")


def ratio(rows, our, row):
    """How many times as fast as `row` the program `our` is, at the same batch."""
    same = [r for r in rows if r["program"] == our and r["batch"] == row["batch"]]
    if not same or "median" not in same[0]:
        return "–"
    return f"{same[0]['median'] / row['median']:.2f}"


def facts(arguments, measurements):
    """Machine, versions, adapters and drivers, as the programs themselves report them."""
    good = [m for _, _, _, m in measurements if "error" not in m]
    lenet = LenetBench(arguments.lenet_gpu, None).version() if "lenet" in arguments.only else None
    adapters = [a for m in good for a in m.get("adapters") or []]
    peers = [
        " ".join(str(m[key]) for key in keys if m.get(key))
        for m in good
        for keys in [("framework", "version", "execution", "backend", "device", "cuda", "adapter")]
        if "framework" in m
    ]
    return {
        "cpu": cpu_name(),
        "logical_cpus": os.cpu_count(),
        "threads": arguments.threads,
        "system": platform.platform(),
        "lenet_gpu": lenet,
        "lenet_gpu_adapters": list(dict.fromkeys(adapters)),
        "peers": list(dict.fromkeys(peers)),
    }


def print_facts(known, arguments):
    print(
        f"{known['cpu']}, {known['logical_cpus']} logical CPUs, {known['threads']} threads each, "
        f"{known['system']}; {arguments.rounds} rounds, {arguments.seconds:g} s a measurement; "
        + "; ".join([known["lenet_gpu"] or "no lenet-gpu", *known["lenet_gpu_adapters"]])
        + "; "
        + ("; ".join(known["peers"]) or "no peers")
        + "."
    )


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    program = ROOT / "target" / "release" / "lenet-gpu"
    burn = HERE / "burn" / "target" / "release" / "burn-peer"
    add = parser.add_argument
    add("--lenet-gpu", default=str(program), metavar="PATH", help="default: %(default)s")
    add("--burn", default=str(burn), metavar="PATH", help="default: %(default)s")
    add("--python", default="python3", metavar="PATH", help="an interpreter that has PyTorch")
    add("--only", type=list_of(one_of(GROUPS)), default=list(GROUPS), metavar="NAME,…", help=",".join(GROUPS))
    add("--batch", type=list_of(positive(int)), default="1,16,64,256,1024", metavar="N,N,…")
    add("--rounds", type=positive(int), default=5, help="default: %(default)s")
    add("--seconds", type=positive(float), default=2.0, help="a measurement, default: %(default)s")
    add("--threads", type=positive(int), default=os.cpu_count(), help="of each program")
    add("--adapter", default="vulkan", help="of lenet-gpu, beside its CPU path")
    add("--burn-adapter", choices=["software", "gpu"], default="software", help="of burn's wgpu")
    add("--device", choices=["cpu", "cuda"], default="cpu", help="of PyTorch")
    add("--json", metavar="FILE", help="write every single measurement there")
    arguments = parser.parse_args()
    if arguments.adapter == "cpu":
        parser.error("--adapter cpu: the CPU path is measured anyway; name an adapter")
    return arguments


def run(arguments, peers):
    measurements = take_turns(arguments, peers)
    rows, known = summarise(measurements), facts(arguments, measurements)
    print_facts(known, arguments)
    for mode in MODES:
        print_table(mode, rows)
    if arguments.json:
        singles = [
            {"program": label, "asked_mode": mode, "asked_batch": batch, **measured}
            for label, mode, batch, measured in measurements
        ]
        document = {**known, "rounds": arguments.rounds, "seconds": arguments.seconds}
        document |= {"rows": rows, "measurements": singles}
        pathlib.Path(arguments.json).write_text(json.dumps(document, indent=2) + "\n")
    return 0 if any("median" in row for row in rows) else 1


def main():
    arguments = parse_arguments()
    threads = {variable: str(arguments.threads) for variable in THREAD_VARIABLES}
    environment = {**os.environ, **threads}
    with tempfile.TemporaryDirectory() as digits:
        if "burn" in arguments.only:
            unpack_digits(pathlib.Path(digits))
        peers = []
        try:
            for peer in contestants(arguments, environment, digits):
                peers.append(peer)
            return run(arguments, peers)
        except OSError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        finally:
            for peer in peers:
                peer.close()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
