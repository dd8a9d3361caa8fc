"""What the cores can do at most, measured in turns with what it limits, and what
the least time of a case is made of.
"""

import dataclasses
import subprocess


class Disagreement(Exception):
    """Two sides computed different things: their times mean nothing."""


def pairs(lines):
    """Lines of a name and a number, as rnn-bench prints them."""
    return {name: float(value) for name, value in (line.split() for line in lines)}


def read_pairs(command):
    run = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if run.returncode:
        raise Disagreement(run.stderr.strip())
    return pairs(run.stdout.splitlines())


class Limits:
    """Those of one case, of so many threads together, each on a core of its own."""

    def __init__(self, found):
        """Of the lines of rnn-bench; takes its own out of them."""
        self.found = {name: found.pop(name) for name in list(found) if name[-1].isdigit() and "-" in name}

    def peak(self, threads=1):
        """GFLOP/s of multiply-adds."""
        return self.found[f"peak-{threads}"]

    def bandwidth(self, threads=1):
        """GB/s of reading what the case reads again and again, each thread its share."""
        return self.found[f"bandwidth-{threads}"]

    def barrier(self, threads):
        """Microseconds until threads that wait for each other go on."""
        return self.found[f"barrier-{threads}"]

    @property
    def function(self):
        """Multiply-adds that a gate's function takes the place of."""
        return self.found["function-1"]

    @property
    def activation(self):
        """Microseconds from sums to a gate, where one waits for the other."""
        return self.found["activation-1"]

    @property
    def handover(self):
        """Microseconds from a state to the first sums that it is in."""
        return self.found["handover-1"]


class Probe:
    """A process that measures limits, a turn when it is asked for one."""

    def __init__(self, program, size=1 << 20, threads=1):
        command = [program, "limits", "--kilobytes", max(size >> 10, 4), "--threads", threads, "--rounds", 0]
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def ask(self, what):
        print(what, file=self.process.stdin, flush=True)
        self.process.stdout.readline()

    def wait_for_cores(self):
        """Until each is one of its own; a host may run two on the halves of one."""
        self.ask("")

    def turn(self, seconds):
        """Of the peak for so long."""
        self.ask(seconds)

    def limits(self):
        """The medians of the turns; there are none after this."""
        found, _ = self.process.communicate()
        return Limits(pairs(found.splitlines()))


@dataclasses.dataclass(frozen=True)
class Least:
    """Microseconds that something takes at least, by what takes them."""

    products: float = 0.0  # multiply-adds at the peak
    functions: float = 0.0  # gates, on the same multipliers
    reading: float = 0.0  # weights from the caches that hold them
    waiting: float = 0.0  # for what another core or an operation before has made

    @property
    def total(self):
        return self.products + self.functions + self.reading + self.waiting

    def __add__(self, other):
        return Least(*(ours + theirs for ours, theirs in zip(dataclasses.astuple(self), dataclasses.astuple(other))))

    def __mul__(self, factor):
        return Least(*(factor * part for part in dataclasses.astuple(self)))

    def words(self):
        """The parts that count, the greatest first."""
        names = {"products": "multiply-adds", "functions": "gates", "reading": "reading weights", "waiting": "waiting"}
        parts = sorted(((part, names[name]) for name, part in dataclasses.asdict(self).items()), reverse=True)
        return ", ".join(f"{name} {part / self.total:.0%}" for part, name in parts if part >= 0.005 * self.total)
