"""What a user can get wrong gets one clear message and the documented exit code."""
import random
import re
import shutil
import unittest

from blockspin import BAD_DATA, BAD_INPUT, IO_FAILED, ROOT, Case

QUICKSTART = ROOT / "inputs" / "quickstart.toml"


def mutate(word, random_source):
    """The word with one letter dropped, doubled, exchanged with its neighbour or replaced."""
    while True:
        at = random_source.randrange(len(word))
        letter = random_source.choice("abcdefghijklmnopqrstuvwxyz")
        mutation = random_source.choice([
            word[:at] + word[at + 1:],
            word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1:at + 2] + word[at] + word[at + 2:],
            word[:at] + letter + word[at + 1:],
        ])
        if mutation and mutation != word:
            return mutation


class Errors(Case):
    def message(self, *arguments, expect, **keywords):
        return self.blockspin(*arguments, expect=expect, **keywords).stderr

    def test_one_letter_mutations_of_every_key_name_line_and_intended_key(self):
        lines = QUICKSTART.read_text().splitlines()
        keys = [(number, match[1]) for number, line in enumerate(lines) if (match := re.match(r"([a-z_]+)(\.\w+)? *=", line))]
        source = random.Random(1975)
        for trial in range(20):
            number, key = keys[trial % len(keys)]
            wrong = mutate(key, source)
            mutated = self.folder / "mutated.toml"
            mutated.write_text("\n".join(lines[:number] + [lines[number].replace(key, wrong, 1)] + lines[number + 1:]))
            message = self.message("check", mutated, expect=BAD_INPUT)
            with self.subTest(key=key, wrong=wrong):
                self.assertIn(f"mutated.toml:{number + 1}:", message)
                self.assertRegex(message, rf"'{wrong}|[.\[]{wrong}\]")
                self.assertRegex(message, rf"did you mean ('{key}|\[(\w+\.)?{key}\])")

    def test_all_errors_are_reported_at_once(self):
        self.study.write_text(self.STUDY.replace("sweeps = 400", "sweeps = -4").replace("chains = 3", 'chains = "three"')
                              .replace("seed", "sede"))
        message = self.message("check", self.study, expect=BAD_INPUT)
        for part in ("study.toml:3:1:", "'seed'", "study.toml:15:10: expected integer", "study.toml:17:10:", "-4"):
            self.assertIn(part, message)

    def test_an_error_is_printed_once_whatever_the_number_of_ranks(self):
        self.study.write_text(self.STUDY.replace("sweeps = 400", "swepes = 400"))
        message = self.message("run", self.study, expect=BAD_INPUT, ranks=3)
        self.assertEqual(message.count("did you mean 'sweeps'"), 1, message)

    def test_too_many_ranks_for_the_lattice(self):
        message = self.message("run", self.study, "--set", "model.size=[2, 2]", "--set", "sample.chains=1", "--set",
                               "scan.couplings.nn=[0.4]", "--out", self.folder / "run", expect=BAD_INPUT, ranks=5)
        self.assertEqual(message.count("too many"), 1, message)

    def test_unknown_options_and_missing_files(self):
        self.assertIn("--sweeps", self.message("run", self.study, "--sweeps", expect=BAD_INPUT))
        self.assertIn("nowhere.toml", self.message("run", "nowhere.toml", expect=BAD_INPUT, ranks=2))
        self.assertIn("colour", self.message("run", self.study, "--set", "sample.colour=3", expect=BAD_INPUT))
        self.message("run", self.study, "--max-time", "soon", expect=BAD_INPUT)
        self.message(expect=BAD_INPUT)
        self.message("show", self.folder, expect=BAD_INPUT)

    def test_sections_that_do_not_fit_each_other_are_found_before_anything_runs(self):
        text = QUICKSTART.read_text().replace("from.point = 1", "").replace("[4096, 256", "[100, 256")
        self.study.write_text(text.replace("configurations = 2000", ""))
        message = self.message("check", self.study, expect=BAD_INPUT)
        self.assertIn("100 units, but the lattice 4096 sites", message)
        self.assertEqual(message.count("set configurations in [sample]"), 2)
        self.assertEqual(message.count("from.point"), 1)  # [block] takes all points

    def test_what_does_not_fit_the_kind_of_spin(self):
        potts = ["--set", 'model.spin="potts"']
        three = [*potts, "--set", "model.states=3"]
        for arguments, part in [
            (potts, "need their number of states"),
            (["--set", "model.states=3"], 'only for spin = "potts"'),
            ([*potts, "--set", "model.states=1"], "model.states"),
            ([*three, "--set", "model.couplings.nnn=0.1"], "Potts spins have the couplings nn, field, not nnn"),
            ([*three, "--set", "model.couplings.nn=90", "--set", "scan.couplings.nn=[90]"], "at most 80"),
            ([*three, "--set", 'sample.update=["wolff"]', "--set", "model.couplings.field=0.1"], "without field"),
            ([*three, "--set", 'sample.update=["swendsen-wang"]', "--set", "scan.couplings.nn=[-1]"],
             "does not favour"),
            ([*three, "--set", 'sample.measure=["structure-factor"]'], "not Potts spins"),
            ([*three, "--set", 'sample.measure=["two-point-function"]'], "not Potts spins"),
            (["--set", 'model.boundary=["open", "open"]', "--set", 'sample.measure=["two-point-function"]'],
             "needs a periodic direction"),
            (["--set", 'model.spin="blume-capel"', "--set", 'sample.update=["wolff"]'], "add heat-bath or metropolis"),
            (["--set", 'model.spin="blume-capel"', "--set", "model.couplings.plaquette=1"],
             "Blume-Capel spins have the couplings nn, field, crystal_field, biquadratic, not plaquette"),
            ([*three, "--set", "block.steps=1", "--set", "sample.configurations=1"], 'needs [model] spin = "ising"'),
            ([*three, "--set", "bounds.seconds=1"], 'needs [model] spin = "ising"'),
        ]:
            with self.subTest(part=part):
                message = self.message("check", self.study, *arguments, expect=BAD_INPUT)
                self.assertIn(part, message)
                self.assertEqual(len(message.strip().splitlines()), 1, message)

    def test_bad_wave_vectors(self):
        measured = ["--set", 'sample.measure=["structure-factor"]']
        self.blockspin("check", self.study, *measured, "--set", "sample.wave_vectors.corner=[8, -4]")
        open_x = ["--set", 'model.boundary=["open", "periodic"]']
        honeycomb = ["--set", 'model.lattice="honeycomb"']
        for arguments, vector, part in [
            ([], "[8, 4]", 'no effect without measure = ["structure-factor"]'),
            (measured, "[]", "0 components on a lattice of 2 directions"),
            (measured, "[1]", "wave_vectors.a: 1 components on a lattice of 2 directions"),
            (measured, "[0, 5]", "component 5 is not between -4 and 4"),
            (measured, "[1.5, 0]", "sample.wave_vectors.a"),
            ([*measured, "--set", "sample.wave_vectors.b=[-3, 4]"], "[3, 4]", "wave_vectors.b: has the same S(k) as a"),
            ([*measured, *open_x], "[1, 0]", "component 1 is along an open boundary"),
            ([*measured, *honeycomb], "[1, 1]", "along y, where the component must be 0"),
        ]:
            with self.subTest(part=part):
                message = self.message("check", self.study, "--set", f"sample.wave_vectors.a={vector}", *arguments,
                                       expect=BAD_INPUT)
                self.assertIn(part, message)
                self.assertEqual(len(message.strip().splitlines()), 1, message)

    def test_bad_values_of_bounds(self):
        cubic = ["--set", 'model.lattice="cubic"', "--set", "model.size=[4, 4, 4]"]
        for arguments, part in [
            (["--set", "bounds.seconds=0"], "bounds.seconds"),
            (["--set", "bounds.seconds=-1"], "bounds.seconds"),
            (["--set", "bounds.seconds=1e7"], "bounds.seconds"),
            (["--set", "bounds.seconds=nan"], "bounds.seconds"),
            (["--set", 'bounds.seconds="long"'], "bounds.seconds"),
            (["--set", "bounds.accuracy=0"], "bounds.accuracy"),
            (["--set", "bounds.accuracy=-1e-3"], "bounds.accuracy"),
            (["--set", 'bounds.methods="tensor"'], "bounds.methods"),
            (["--set", 'bounds.methods=["tensors"]'], "did you mean 'tensor'?"),
            (["--set", 'bounds.methods=["tensor", "tensor"]'], "names a method twice"),
            (["--set", 'bounds.methods=["slab"]'], "on the cubic lattice"),
            ([*cubic, "--set", 'bounds.methods=["row-state"]'], "on the square lattice"),
            (["--set", 'model.lattice="triangular"', "--set", 'bounds.methods=["kadanoff"]'], "fit on a unit hypercube"),
            (["--set", "bounds.second=1"], "did you mean"),
        ]:
            with self.subTest(arguments=arguments):
                message = self.message("check", self.study, *arguments, expect=BAD_INPUT)
                self.assertIn(part, message)
                self.assertEqual(len(message.strip().splitlines()), 1, message)

    def test_results_are_never_overwritten_unasked(self):
        self.run_study("run")
        digest = self.digest("run")
        message = self.run_study("run", "--set", "study.seed=8", expect=BAD_INPUT).stderr
        self.assertIn("--force", message)
        self.assertEqual(self.digest("run"), digest)
        stale = self.folder / "run" / "likelihood.h5"  # of a section that the next study does not have
        stale.write_text("")
        self.run_study("run", "--set", "study.seed=8", "--force")
        self.assertFalse(stale.exists())
        self.assertNotEqual(self.digest("run"), digest)

    def test_a_restart_with_another_study_is_refused(self):
        self.run_study("run", "--max-time", "0", expect=None)
        message = self.run_study("run", "--restart", "--set", "study.seed=8", expect=BAD_DATA, ranks=2).stderr
        self.assertIn("other parameters", message)

    def test_the_result_of_another_study_is_not_taken_for_ones_own(self):
        self.run_study("run")
        (self.folder / "run" / "results.h5").unlink()
        (self.folder / "run" / "effective-study.toml").unlink()
        message = self.run_study("run", "--restart", "--set", "study.seed=8", expect=BAD_DATA, ranks=2).stderr
        self.assertEqual(message.count("sample.h5: /study: is another study"), 1, message)

    def test_dry_run_writes_nothing(self):
        before = sorted(self.folder.rglob("*"))
        text = self.run_study("run", "--dry-run", ranks=2).stdout
        self.assertRegex(text, r"(?s)6 replicas.*memory")
        self.assertEqual(sorted(self.folder.rglob("*")), before)

    def test_damage_is_found(self):
        self.run_study("run")
        for file in sorted((self.folder / "run").glob("*.h5")):
            shutil.copy(file, self.folder / "copy")
            data = bytearray(file.read_bytes())
            data[len(data) // 2] ^= 4
            file.write_bytes(data)
            message = self.message("verify", self.folder / "run", expect=BAD_DATA)
            self.assertIn(file.name, message)
            shutil.copy(self.folder / "copy", file)
        self.blockspin("verify", self.folder / "run")

    def test_a_run_folder_that_cannot_be_made(self):
        (self.folder / "file").write_text("not a folder")
        message = self.message("run", self.study, "--out", self.folder / "file" / "run", expect=IO_FAILED, ranks=2)
        self.assertEqual(message.count("cannot use the run folder"), 1, message)


if __name__ == "__main__":
    unittest.main()
