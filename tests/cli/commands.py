"""Every subcommand does what its help says."""
import json
import pathlib
import re
import unittest

from blockspin import STOPPED, Case


class Commands(Case):
    def test_help_and_version(self):
        for sub in ("run", "check", "schema", "show", "verify", "bench", "man", "completion"):
            self.assertIn(sub, self.blockspin("--help").stdout)
            self.assertTrue(self.blockspin(sub, "--help").stdout)
        self.assertRegex(self.blockspin("--version").stdout, r"blockspin \d+\.\d+\.\d+ \(\w+")

    def test_check_prints_the_effective_study_which_checks_again(self):
        text = self.blockspin("check", self.study, "--print", "--set", "sample.chains=5").stdout
        self.assertIn("chains = 5", text)
        self.assertIn("measure_every = 2", text)
        effective = self.folder / "effective.toml"
        effective.write_text(text)
        self.assertEqual(self.blockspin("check", effective, "--print").stdout, text)

    def test_schema_names_every_key(self):
        text = self.blockspin("schema").stdout
        for key in ("seed", "lattice", "couplings", "thermalization", "overhead"):
            self.assertIn(key, text)
        self.assertIn("$schema", json.loads(self.blockspin("schema", "--json").stdout))

    def test_run_leaves_a_summary_that_show_prints(self):
        run = self.run_study("run", ranks=2)
        shown = self.blockspin("show", self.folder / "run").stdout
        self.assertIn(shown.strip(), run.stdout)
        summary = json.loads((self.folder / "run" / "results.json").read_text())
        self.assertEqual(summary["study"], "small")
        self.assertTrue(summary["rows"])
        if "avx2" in pathlib.Path("/proc/cpuinfo").read_text():  # also on processors that OpenBLAS does not know
            self.assertNotIn("OpenBLAS Prescott", run.stdout)
        for row in summary["rows"]:
            self.assertIn(row["kind"], ("exact", "sampled", "numerical"))
            if row["kind"] == "sampled":
                self.assertGreater(row["error"], 0)

    def test_the_effective_study_reproduces_the_results(self):
        self.run_study("run", "--set", "sample.chains=2")
        self.blockspin("run", self.folder / "run" / "effective-study.toml", "--out", self.folder / "again")
        self.assertEqual(self.digest("run"), self.digest("again"))
        study = (self.folder / "run" / "effective-study.toml").read_bytes()
        for file in ("results.h5", "sample.h5"):  # each tells how it can be made again
            self.assertIn(study, (self.folder / "run" / file).read_bytes())

    def test_dry_run_knows_the_size_of_a_checkpoint(self):
        for size in ("[16, 8]", "[256, 128]"):
            with self.subTest(size=size):
                study = ("--set", f"model.size={size}", "--set", "sample.sweeps=100000000", "--force")
                text = self.run_study("run", *study[:-1], "--dry-run").stdout
                number, unit = re.search(r"a checkpoint has ([\d.]+) (\w+)", text).groups()
                told = float(number) * {"kB": 1e3, "MB": 1e6}[unit]
                self.run_study("run", *study, "--max-time", "0.1", expect=STOPPED)
                file, = (self.folder / "run").glob("checkpoint-*.h5")
                self.assertLess(abs(told / file.stat().st_size - 1), 0.1)

    def test_dry_run_foretells_more_ranks(self):
        network = 'sample.configurations=20', "network={from = {point = 0}, layers = [512, 16], batch = 64}"
        text = self.run_study("run", "--set", "model.size=[32, 16]", "--set", 'sample.update=["metropolis"]',
                              *(word for key in network for word in ("--set", key)),
                              "--dry-run", "--latency", "1e-6", "--bandwidth", "1e9").stdout
        self.assertIn("a message takes 1 us and 1 GB/s, as given", text)
        for what in ("sample: a sweep", r"network: an update of \d+ x 16 units"):
            shares = [int(share) for share in re.findall(what + r" on \d+ ranks?: at most [\d.e-]+ \w+, (\d+) % of it messages", text)]
            self.assertGreater(len(shares), 2, text)
            self.assertEqual(shares[0], 0)
            self.assertEqual(shares, sorted(shares))
        self.assertIn("measured between two of these ranks", self.run_study("run", "--dry-run", ranks=2).stdout)
        for options in (["--latency", "1e-6"], ["--dry-run", "--latency", "1e-6"],
                        ["--dry-run", "--latency", "0", "--bandwidth", "1e9"]):
            self.run_study("run", *options, expect=64)

    def test_dry_run_foretells_bounds(self):
        def foretold(seconds, ranks):
            text = self.run_study("run", "--set", f"bounds.seconds={seconds}", "--dry-run", ranks=ranks).stdout
            found = re.search(r"bounds: (\d+) bounds at most, (.+?) of one core at most, about (.+?) here, ([\d.]+) (\w+) of memory", text)
            self.assertTrue(found, text)
            bounds, core, here, number, unit = found.groups()
            return int(bounds), core, here, float(number) * {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}[unit]

        bounds, core, here, little = foretold(0.5, 1)
        self.assertGreater(bounds, 20)  # of two points
        self.assertEqual(core, here)
        more_bounds, more_core, less, much = foretold(500, 2)
        self.assertEqual(bounds, more_bounds)
        self.assertNotEqual(more_core, less)
        self.assertGreater(much, 20 * little)

    def test_bench_prints_rates(self):
        self.assertRegex(self.blockspin("bench", "random").stdout, r"ARS-5 random words \(\w+\) +[\d.]+ GB/s")


if __name__ == "__main__":
    unittest.main()
