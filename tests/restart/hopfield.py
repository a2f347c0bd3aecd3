"""Hopfield networks: the same bits on any layout, and when the run is stopped on its way and goes on elsewhere."""
import unittest

from blockspin import DONE, STOPPED, Case


class Hopfield(Case):
    STUDY = """\
[study]
name = "memory"
seed = 1982

[hopfield]
units = [60, 100]
loads = [0.05, 0.14, 0.2]
temperatures = [0.0, 0.4]
networks = 5
starts = 3
sweeps = 60
"""

    def test_same_bits_on_any_layout(self):
        digests = set()
        for ranks, threads in [(1, 1), (1, 2), (2, 1), (3, 1), (4, 1), (5, 1)]:
            out = f"run-{ranks}-{threads}"
            self.run_study(out, "--force", ranks=ranks, threads=threads, timeout=120)
            digests.add(self.digest(out))
        self.assertEqual(len(digests), 1)

    def test_stopped_and_continued_on_other_ranks(self):
        longer = ("--set", "hopfield.networks=8", "--set", "hopfield.sweeps=800", "--set", "checkpoint.interval=0.1")
        self.run_study("reference", *longer, timeout=120)
        stops = 0
        for ranks in (1, 2, 1):
            result = self.run_study("run", *longer, "--restart", "--max-time", "0.7", expect=None, ranks=ranks, timeout=60)
            self.assertIn(result.returncode, (DONE, STOPPED), result.stderr)
            stops += result.returncode == STOPPED
        self.assertGreaterEqual(stops, 1)
        self.run_study("run", *longer, "--restart", ranks=3, timeout=120)
        self.assertEqual(self.digest("run"), self.digest("reference"))


if __name__ == "__main__":
    unittest.main()
