"""tools/scaling runs a study on several numbers of ranks and reports times, confidence intervals and efficiencies."""
import csv
import subprocess
import unittest

from blockspin import BAD_INPUT, DONE, ROOT, Case, environment

from plot import can_draw


@unittest.skipUnless(can_draw(), "needs python3-h5py and python3-matplotlib for /usr/bin/python3")
class Scaling(Case):
    def scaling(self, *arguments, expect=DONE):
        result = subprocess.run([ROOT / "tools" / "scaling", *map(str, arguments)], cwd=self.folder, text=True,
                                env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        return result

    def table(self, name, out="out"):
        with open(self.folder / out / name, newline="") as file:
            return list(csv.DictReader(file))

    def test_strong(self):
        self.scaling(self.study, "--ranks", 2, 1, "--repeats", 2, "--out", "out")
        runs, rows = self.table("runs.csv"), self.table("scaling.csv")
        self.assertEqual([row["ranks"] for row in runs], ["1", "2", "1", "2"])
        self.assertEqual([row["ranks"] for row in rows], ["1", "2"])
        self.assertEqual(float(rows[0]["efficiency"]), 1.0)
        seconds = [float(row["seconds"]) for row in runs]
        ratios = sorted(one / (2 * two) for one, two in zip(seconds[::2], seconds[1::2]))
        self.assertAlmostEqual(float(rows[1]["efficiency"]), sum(ratios) / 2)
        self.assertAlmostEqual(float(rows[1]["efficiency_low"]), ratios[0])
        self.assertAlmostEqual(float(rows[1]["efficiency_high"]), ratios[1])
        self.assertEqual(sorted(path.name for path in (self.folder / "out").iterdir()), ["runs.csv", "scaling.csv", "scaling.png"])

    def test_weak(self):
        self.scaling(self.study, "--ranks", 1, 2, "--repeats", 1, "--grow", "model.size", "--grow", "sample.chains", "--limit",
                     "--section", "sample", "--out", "out", "--", "--set", "sample.measure_every=4")
        rows, runs = self.table("scaling.csv"), self.table("runs.csv")
        one, two, copies = float(runs[0]["seconds"]), float(runs[1]["seconds"]), float(runs[1]["copies_seconds"])
        self.assertAlmostEqual(float(rows[1]["efficiency"]), one / two)
        self.assertAlmostEqual(float(rows[1]["limit"]), one / copies)
        self.assertAlmostEqual(float(rows[1]["of_limit"]), copies / two)

    def test_errors(self):
        for arguments, message in [((self.study, "--ranks", 0), "must be positive"),
                                   (("nowhere.toml", "--ranks", 1), "cannot read the study"),
                                   ((self.study, "--ranks", 1, "--grow", "model.sise"), "no such key"),
                                   ((self.study, "--ranks", 1, "--repeats", 1, "--section", "map"), "the study has sample"),
                                   ((self.study, "--ranks", 1, "--", "--set", "sample.swepes=1"), "did you mean")]:
            with self.subTest(arguments=arguments):
                self.assertIn(message, self.scaling(*arguments, expect=BAD_INPUT).stderr)


if __name__ == "__main__":
    unittest.main()
