"""The simulated cluster runs the real program: the same spins as mpirun's, and tables that make sense. Needs libsimgrid-dev."""
import csv
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "build" / "smpi" / "tools" / "smpi"
CORE = {"spin": 1e-10, "row": 2e-5, "update": 2e-3, "moving": 8e-4, "inside": {"latency": 7e-7, "bandwidth": 6e9}}


@unittest.skipUnless(shutil.which("smpirun"), "needs libsimgrid-dev")
class Simulate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        (cls.folder / "core.json").write_text(json.dumps(CORE))
        cls.text = cls.simulate("--machine", cls.folder / "core.json", "--ranks", 16, 64, "--network", "100g", "--rounds", 1)
        with open(cls.folder / "simulated.csv", newline="") as file:
            cls.rows = list(csv.DictReader(file))

    @classmethod
    def simulate(cls, *options, code=0):
        result = subprocess.run([str(word) for word in [ROOT / "tools" / "simulate", "--out", cls.folder, *options]],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if result.returncode != code:
            raise AssertionError(f"exit code {result.returncode}\n{result.stdout[-4000:]}")
        return result.stdout

    def spins(self, *launcher):
        output = subprocess.run([*launcher, "sampling", "2048", "1024", "3"], cwd=self.folder, check=True, stdout=subprocess.PIPE,
                                text=True).stdout
        answer = json.loads(output.strip().splitlines()[-1])
        return answer["bond_sum"], answer["spin_sum"]

    def test_simulated_ranks_update_the_same_spins_as_real_ones(self):
        (self.folder / "platform.xml").write_text(
            '<?xml version="1.0"?><!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd"><platform version="4.1">'
            '<cluster id="c" prefix="node" suffix="" radical="0-15" speed="1Gf" bw="1GBps" lat="1us"/></platform>')
        (self.folder / "hosts").write_text("".join(f"node{node}\n" for node in range(16)))
        simulated = self.spins("smpirun", "-np", "16", "--log=root.thres:warning", "-platform", "platform.xml", "-hostfile", "hosts", "-no-privatize",
                               "--cfg=smpi/simulate-computation:no", PROGRAMS / "libblockspin_smpi.so")
        self.assertEqual(simulated, self.spins(PROGRAMS / "blockspin_real"))
        self.assertEqual(simulated, self.spins("mpirun", "-n", "2", PROGRAMS / "blockspin_real"))

    def test_tables_have_every_row_and_no_time_is_shorter_than_its_computing(self):
        found = {(row["work"], row["kind"], int(row["ranks"])) for row in self.rows}
        self.assertEqual(found, {(work, kind, ranks) for work in ("sampling", "training") for kind in ("strong", "weak")
                                 for ranks in (16, 64)})
        for row in self.rows:
            self.assertGreaterEqual(float(row["seconds"]), 0.999 * float(row["computing"]), row)
            self.assertLess(float(row["seconds"]), 2 * float(row["computing"]), row)

    def test_computing_is_what_was_given(self):
        computing = {(row["work"], row["kind"], int(row["ranks"])): float(row["computing"]) for row in self.rows}
        self.assertAlmostEqual(computing["sampling", "weak", 64], 1024 * 1024 * CORE["spin"])
        self.assertAlmostEqual(computing["training", "strong", 16], CORE["update"] * 7 / 16 + CORE["moving"] / 16 + 256 * CORE["row"])

    def test_wrong_command_lines(self):
        for options in (["--ranks", "12"], ["--rounds", "0"], ["--network", "1t"], ["--machine", "/nowhere"]):
            self.assertIn("simulate: ", self.simulate(*options, code=64))


if __name__ == "__main__":
    unittest.main()
