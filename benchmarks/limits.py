"""What the cores can do at most, measured in the same run."""

import subprocess


class Disagreement(Exception):
    """Two sides computed different things: their times mean nothing."""


def read_pairs(command):
    """The lines of a name and a number that rnn-bench prints."""
    run = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if run.returncode:
        raise Disagreement(run.stderr.strip())
    return {name: float(value) for name, value in (line.split() for line in run.stdout.splitlines())}


class Limits:
    """Of so many threads together, each on a core of its own: the best that this
    run has seen. Every case measures anew, since machines have slow moments."""

    def __init__(self, program, rounds):
        self.program, self.rounds = program, rounds
        self.activation = float("inf")  # microseconds of one sigmoid, from sums to results
        self.peaks, self.barriers, self.bandwidths, self.copies = {}, {}, {}, {}

    def measure(self, size, threads=1):
        """Those of so many bytes."""
        kilobytes = max(size >> 10, 4)
        found = read_pairs([self.program, "limits", "--kilobytes", kilobytes, "--threads", threads,
                            "--rounds", self.rounds])
        for best, key, name in (
            (self.peaks, threads, "peak"),
            (self.bandwidths, (kilobytes, threads), "bandwidth"),
            (self.copies, (kilobytes, threads), "copy"),
        ):
            best[key] = max(best.get(key, 0.0), found[name])
        self.activation = min(self.activation, found["activation"])
        self.barriers[threads] = min(self.barriers.get(threads, found["barrier"]), found["barrier"])

    def peak(self, threads=1):
        """GFLOP/s of multiply-adds."""
        return self.peaks[threads]

    def barrier(self, threads):
        """Microseconds until threads that wait for each other go on."""
        return self.barriers[threads]

    def bandwidth(self, size, threads=1):
        """GB/s of reading the same bytes again and again, each thread its share."""
        return self.bandwidths[max(size >> 10, 4), threads]

    def copy(self, size, threads=1):
        """GB/s of copying, counted once."""
        return self.copies[max(size >> 10, 4), threads]
