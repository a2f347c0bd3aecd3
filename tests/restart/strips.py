"""Couplings beyond nearest neighbours, spins held and measured as strips: a run that is stopped on its way and goes on
with other ranks and threads ends with the same bits."""
import unittest

from blockspin import DONE, STOPPED, Case


class Strips(Case):
    STUDY = """\
[study]
name = "strips"
seed = 1996

[model]
lattice = "square"
size = [96, 48]
couplings.nnn = 0.1

[scan]
couplings.nn = [0.2, 0.26]

[sample]
update = ["heat-bath"]
chains = 2
thermalization = 100
sweeps = 30000
measure_every = 8
measure = ["correlation-length", "structure-factor", "two-point-function"]
wave_vectors.corner = [48, 24]
wave_vectors.inside = [7, -5]

[checkpoint]
interval = 0.1
"""

    def test_stopped_on_other_layouts(self):
        self.run_study("reference", timeout=120)
        stops = 0
        for ranks, threads in [(1, 1), (2, 1), (1, 2)]:
            result = self.run_study("run", "--restart", "--max-time", "1", expect=None, ranks=ranks, threads=threads,
                                    timeout=60)
            self.assertIn(result.returncode, (DONE, STOPPED), result.stderr)
            stops += result.returncode == STOPPED
        self.assertGreaterEqual(stops, 1)
        self.run_study("run", "--restart", ranks=3, timeout=120)
        self.assertEqual(self.digest("run"), self.digest("reference"))


if __name__ == "__main__":
    unittest.main()
