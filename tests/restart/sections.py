"""A study with every section: the same bits on any layout, and when it is stopped again and again on its way."""
import random
import signal
import time
import unittest

from blockspin import DONE, LONG, STOPPED, Case


class Sections(Case):
    STUDY = """\
[study]
name = "all"
seed = 11

[model]
lattice = "square"
size = [16, 16]

[scan]
couplings.nn = [0.3, 0.44]

[[flow]]
method = "kadanoff"

[bounds]
seconds = 0.2

[sample]
update = ["heat-bath", "swendsen-wang"]
chains = 2
thermalization = 100
sweeps = 6000
measure_every = 4
configurations = 1000

[block]
from.point = 1
steps = 2
couplings = ["nn", "nnn", "plaquette"]

[variational]
steps = 1
chains = 2
iterations = 40
sweeps = 1500

[network]
from.point = 1
layers = [256, 32, 8]
epochs = 8
trainings = 2
fantasy.chains = 4

[map]
size = [3, 3]
hidden = [4]
trainings = 2
updates = 1500

[checkpoint]
interval = 0.02
"""

    def test_same_bits_on_any_layout(self):
        digests = set()
        for ranks, threads in [(1, 1), (1, 2), (2, 1), (3, 1)]:
            out = f"run-{ranks}-{threads}"
            self.run_study(out, ranks=ranks, threads=threads)
            digests.add(self.digest(out))
        self.assertEqual(len(digests), 1)

    def test_stopped_again_and_again_on_changing_layouts(self):
        self.run_study("reference")
        source = random.Random(1975)
        stops = 0
        for _ in range(100):
            process = self.start("run", self.study, "--out", self.folder / "run", "--restart", ranks=source.choice([1, 2, 3]))
            time.sleep(source.uniform(0.3, 1.2 if LONG else 2.0))
            process.send_signal(signal.SIGUSR1)
            output, _ = process.communicate(timeout=60)
            if process.returncode == DONE:
                break
            # A launcher that is met before it has started its ranks dies of the signal, and so does a rank that is met before
            # it catches signals (mpirun then ends with 128 + its number); the next link goes on.
            self.assertIn(process.returncode, (STOPPED, -signal.SIGUSR1, 128 + signal.SIGUSR1), output)
            stops += process.returncode == STOPPED
        self.assertGreaterEqual(stops, 2)
        self.run_study("run", "--restart")
        self.assertEqual(self.digest("run"), self.digest("reference"))


if __name__ == "__main__":
    unittest.main()
