"""What both scripts here need: parsers of options, and the processor's name."""

import argparse
import pathlib
import platform


def positive(kind):
    """A parser of numbers above 0."""

    def parse(text):
        try:
            number = kind(text)
        except ValueError:
            number = 0
        if not 0 < number < float("inf"):
            what = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(f"{text!r} is not {what} above 0")
        return number

    return parse


def one_of(names):
    """A parser of words out of `names`."""

    def parse(text):
        if text not in names:
            raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(names)}")
        return text

    return parse


def list_of(parse):
    """A parser of lists with commas."""

    def parse_list(text):
        return [parse(part) for part in text.split(",")]

    return parse_list


def cpu_name():
    """The processor's name, as well as the system tells it."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
