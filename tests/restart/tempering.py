"""Chains in random bonds that exchange their points: the same bits on any layout, and when the run is stopped on its way."""
import json
import unittest

from blockspin import DONE, STOPPED, Case


class Tempering(Case):
    STUDY = """\
[study]
name = "glass"
seed = 5

[model]
lattice = "square"
size = [6, 4]

[model.disorder]
samples = 3

[scan]
couplings.nn = [0.2, 0.3, 0.9, 1.0, 1.2]

[sample]
update = ["heat-bath"]
chains = 2
thermalization = 600
sweeps = 400
measure_every = 5

[sample.tempering]
every = 2
adapt = "acceptance"
"""

    def test_same_bits_on_any_layout(self):
        digests = set()
        layouts = [(1, 1, "[]"), (1, 2, "[]"), (2, 1, "[]"), (2, 1, "[2, 1]"), (4, 1, "[1, 2]"), (3, 1, "[]"), (5, 1, "[]")]
        for ranks, threads, domains in layouts:
            out = f"run-{ranks}-{threads}-{len(domains)}"
            self.run_study(out, "--force", "--set", f"sample.domains={domains}", ranks=ranks, threads=threads, timeout=120)
            digests.add(self.digest(out))
        self.assertEqual(len(digests), 1)
        rows = json.loads((self.folder / "run-1-1-2" / "results.json").read_text())["rows"]
        shares = [row["value"] for row in rows if row["quantity"] == "acceptance of exchanges"]
        self.assertEqual(len(shares), 4)
        self.assertLess(max(shares) - min(shares), 0.3)  # 0.1 as a rule; from 0.03 to 0.88 where the points do not move
        self.assertGreater(next(row["value"] for row in rows if row["quantity"] == "round trips"), 30)

    def test_stopped_while_the_points_move_and_while_it_measures(self):
        longer = ("--set", "sample.thermalization=15000", "--set", "sample.sweeps=15000", "--set", "checkpoint.interval=0.1")
        self.run_study("reference", *longer, timeout=120)
        stops = 0
        for ranks in (1, 2):  # most of a link may be spent on starting its ranks
            result = self.run_study("run", *longer, "--restart", "--max-time", "1.2", expect=None, ranks=ranks, timeout=60)
            self.assertIn(result.returncode, (DONE, STOPPED), result.stderr)
            stops += result.returncode == STOPPED
        self.assertGreaterEqual(stops, 1)
        self.run_study("run", *longer, "--restart", timeout=120)
        self.assertEqual(self.digest("run"), self.digest("reference"))


if __name__ == "__main__":
    unittest.main()
