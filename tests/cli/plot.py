"""tools/plot draws what a run has found, and refuses what is damaged."""
import os
import pathlib
import shutil
import subprocess
import unittest

from blockspin import BAD_DATA, BAD_INPUT, DONE, IO_FAILED, ROOT, Case, environment

PLOT = ROOT / "tools" / "plot"
PACKAGE_MISSING = 1
PNG = b"\x89PNG\r\n\x1a\n"


def can_draw():
    python = pathlib.Path(PLOT.read_text().splitlines()[0].removeprefix("#!"))
    needed = "import sys, tomllib, h5py, matplotlib, numpy"
    return python.is_file() and subprocess.run([python, "-c", needed], capture_output=True).returncode == 0


@unittest.skipUnless(can_draw(), "needs python3-h5py, python3-matplotlib and python3-numpy for /usr/bin/python3")
class Plot(Case):
    ALL_SECTIONS = """
configurations = 100
measure = ["structure-factor", "two-point-function"]

[[flow]]
method = "kadanoff"
dimension = 2

[[flow]]
method = "migdal-kadanoff"
dimension = 2

[bounds]
seconds = 0.05

[block]
from.point = 1
steps = 2
rule = "kadanoff"
p = [0.5, 0.6]

[variational]
steps = 1
chains = 1
iterations = 2
thermalization = 0
sweeps = 200

[network]
from.point = 1
layers = [128, 8, 4]
epochs = 2
trainings = 2
method = "pcd"
tempering.rungs = 3
watch = { likelihood_every = 2, chains = 4, temperatures = 5 }
fantasy.chains = 2
fantasy.burn_in = 5
fantasy.sweeps = 50

[map]
size = [2, 2]
hidden = [2, 4]
updates = 50
trainings = 2
"""

    def plot(self, *arguments, expect=DONE, **variables):
        result = subprocess.run([PLOT, *arguments], env={**environment(), **variables}, cwd=self.folder, text=True,
                                capture_output=True, timeout=120)
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        self.assertEqual(result.stderr == "", expect == DONE, result.stderr)
        return result

    def refused(self, *arguments, expect, **variables):
        """The one line that says why nothing was drawn."""
        message = self.plot(*arguments, expect=expect, **variables).stderr
        self.assertEqual(message.count("\n"), 1, message)
        self.assertTrue(message.startswith("plot: "), message)
        return message

    def drawn(self, folder):
        for file in folder.iterdir():
            self.assertEqual(file.read_bytes()[:len(PNG)], PNG, file)
        return sorted(file.stem for file in folder.iterdir())

    def test_every_section_has_its_figure(self):
        self.study.write_text(self.STUDY + self.ALL_SECTIONS)
        self.run_study("run", ranks=2)
        self.plot("run")
        self.assertEqual(self.drawn(self.folder / "run" / "figures"),
                         ["block", "bounds", "correlations", "couplings", "exchanges", "flow", "map", "network", "observables", "summary"])

    def test_phase_diagrams_and_spin_glasses_have_their_figures(self):
        flows = """
[[flow]]
method = "wilson-decimation"
window = [0.0, 0.6, -0.2, 0.5]
starts = [0.38, 0.0]

[[flow]]
method = "spin-glass"
population = 1000
populations = 2
compositions = [0.5, 1.0]
temperatures = [1.0]
"""
        self.study.write_text(self.STUDY.partition("[scan]")[0] + flows)
        self.run_study("run")
        self.plot("run")
        self.assertEqual(self.drawn(self.folder / "run" / "figures"), ["diagrams", "flow", "glass", "summary"])

    def test_sections_that_are_absent_are_left_out(self):
        self.run_study("run")
        self.plot("run", "--out", "elsewhere")
        self.assertEqual(self.drawn(self.folder / "elsewhere"), ["observables", "summary"])
        self.assertFalse((self.folder / "run" / "figures").exists())

    def test_a_damaged_or_missing_file_is_refused(self):
        self.run_study("run")
        def cut_in_half(data):
            return data[:len(data) // 2]

        def without_its_end(data):
            return data[:-1]

        def with_one_bit_flipped(data):
            return (int.from_bytes(data, "little") ^ 1 << 4 * len(data)).to_bytes(len(data), "little")

        for name in ("results.h5", "sample.h5", "sample-series-000000.h5", "results.json"):
            file = self.folder / "run" / name
            whole = file.read_bytes()
            for damage in (cut_in_half, without_its_end, with_one_bit_flipped):
                if name == "results.json" and damage is not cut_in_half:
                    continue  # it carries no seal
                with self.subTest(name=name, damage=damage.__name__):
                    file.write_bytes(damage(whole))
                    message = self.refused("run", expect=BAD_DATA)
                    self.assertIn("run" if name == "results.json" else name, message)
            file.unlink()
            with self.subTest(name=name, damage="missing"):
                self.assertIn(name, self.refused("run", expect=BAD_DATA))
            file.write_bytes(whole)
        self.assertFalse((self.folder / "run" / "figures").exists())
        self.plot("run")

    def test_without_the_program_files_that_are_not_complete_are_refused(self):
        self.run_study("run")
        file = self.folder / "run" / "sample.h5"
        file.write_bytes(file.read_bytes()[:-8])
        shutil.copytree(ROOT / "tools", self.folder / "tools")
        result = subprocess.run([self.folder / "tools" / "plot", self.folder / "run"], capture_output=True, text=True,
                                env={"PATH": os.defpath}, timeout=120)
        self.assertEqual(result.returncode, BAD_DATA, result.stderr)
        self.assertIn("sample.h5 has no seal", result.stderr)

    def test_other_errors_have_their_exit_codes(self):
        self.run_study("run")
        self.refused(expect=BAD_INPUT)
        self.refused("run", "--colour", expect=BAD_INPUT)
        self.refused("nowhere", expect=BAD_DATA)
        (self.folder / "file").write_text("not a folder")
        self.refused("run", "--out", "file", expect=IO_FAILED)

    def test_a_missing_package_is_named(self):
        (self.folder / "h5py.py").write_text("raise ModuleNotFoundError('no h5py', name='h5py')")
        message = self.refused("run", expect=PACKAGE_MISSING, PYTHONPATH=str(self.folder))
        self.assertIn("apt-get install python3-h5py", message)


if __name__ == "__main__":
    unittest.main()
