"""Couplings of any operator, by names and by sites, and the updates that can sample them."""
import json
import unittest

from blockspin import BAD_INPUT, Case


class Couplings(Case):
    def refusal(self, *settings):
        arguments = [argument for setting in settings for argument in ("--set", setting)]
        return self.blockspin("check", self.study, *arguments, expect=BAD_INPUT).stderr

    def test_an_operator_is_known_by_its_name_and_by_its_sites(self):
        values = []
        for name in ("plaquette", '"(0,0)(1,0)(0,1)(1,1)"'):
            out = self.folder / name.strip('"')
            self.run_study(out, "--set", f"model.couplings.{name}=0.1")
            rows = json.loads((out / "results.json").read_text())["rows"]
            values.append([(row["quantity"], row["point"], row["value"]) for row in rows])
        self.assertEqual(*values)
        self.assertIn("<plaquette> per site", {quantity for quantity, _, _ in values[0]})

    def test_sides_without_a_checkerboard_can_be_sampled(self):
        self.run_study("odd", "--set", "model.size=[15, 7]")

    def test_what_is_no_operator_is_refused(self):
        self.assertIn("'nnm' is no operator of the square lattice", self.refusal("model.couplings.nnm=0.1"))
        self.assertIn("given twice", self.refusal('model.couplings."(0,0)(0,1)"=0.1'))

    def test_couplings_of_block_spins_are_compared_where_they_are_found_in_two_ways(self):
        with self.study.open("a") as study:
            study.write('configurations = 100\n[block]\nsteps = 1\ncouplings = ["nn", "nnn", "plaquette"]\n'
                        "[variational]\nsteps = 1\nsweeps = 200\n")
        self.assertIn("variational: 16 chains of 1900 sweeps", self.run_study("dry", "--dry-run").stdout)
        self.run_study("both")
        rows = json.loads((self.folder / "both" / "results.json").read_text())["rows"]
        found = {(row["section"], row["point"], row["quantity"]): row for row in rows}
        for name in ("nn", "nnn", "plaquette"):
            for point in ("nn = 0.3", "nn = 0.44"):
                callen, variational = (found[section, point, f"K({name}), step 1"] for section in ("couplings", "variational"))
                difference = found["variational", point, f"K({name}), step 1: variational - Callen"]
                self.assertAlmostEqual(difference["value"], variational["value"] - callen["value"], 12)
                self.assertAlmostEqual(difference["error"] ** 2, variational["error"] ** 2 + callen["error"] ** 2, 12)
        output = self.run_study("other", "--set", "variational.ties=fixed", "--set", "sample.domains=[1, 1]").stdout
        self.assertIn("another rule or other operators, and not compared", output)
        self.assertIn("variational: the domains of [sample] do not apply", output)

    def test_what_has_no_variational_couplings_is_refused(self):
        with self.study.open("a") as study:
            study.write("[variational]\n")
        for setting, sentence in (("variational.steps=3", "[variational] steps: a lattice of 4 x 2 sites cannot"),
                                  ("variational.even=[]", "[variational] even: names no operator"),
                                  ('variational.even=["h"]', "[variational] even: 'h' is a product of 1 spin"),
                                  ("variational.p=[0.4]", 'belongs to rule = "kadanoff"'),
                                  ("variational.sweeps_per_iteration=65", "sweeps_per_iteration"),
                                  ("model.couplings.field=0.1", "the coupling field mixes even and odd operators")):
            self.assertIn(sentence, self.refusal(setting))

    def test_updates_refuse_what_they_cannot_sample(self):
        for update in ("swendsen-wang", "wolff"):
            choice = f'sample.update=["{update}"]'
            self.assertIn("the coupling nnn needs metropolis or heat-bath", self.refusal(choice, "model.couplings.nnn=0.1"))
            self.assertIn(f"{update} needs a model without field", self.refusal(choice, "model.couplings.field=0.1"))
        self.assertIn("too short for the operator 3nn", self.refusal("model.couplings.3nn=0.1", "model.size=[16, 2]"))

    def test_random_bonds_and_tempering_refuse_what_they_cannot_have(self):
        glass = ("model.disorder.samples=2",)
        self.blockspin("check", self.study, "--set", *glass)
        for settings, words in (
                (('sample.update=["wolff"]',), "random bonds need metropolis or heat-bath"),
                (("model.couplings.nnn=0.1",), "only the coupling field goes with them"),
                (("model.disorder.width=1.0",), "only for distribution"),
                (("model.disorder.antiferromagnetic=1.5",), "1.5"),
                (('sample.measure=["structure-factor"]',), "not averaged over random bonds"),
                (('sample.measure=["two-point-function"]',), "not averaged over random bonds"),
                (("tensor={}",), "does not go with [model.disorder]")):
            self.assertIn(words, self.refusal(*glass, *settings))
        for settings, words in (
                (("sample.tempering.every=2", "scan.couplings.nn=[0.3]"), "give it two or more"),
                (("sample.tempering.every=2", "scan.couplings.nn=[0.3, 0.4, 0.35]"), "must all rise or all fall"),
                (("sample.tempering.every=2", "scan.couplings.field=[0.0, 0.1]"), "differ in one coupling only"),
                (("sample.tempering.every=2", "sample.configurations=2"), "are not stored"),
                (("sample.tempering.every=1000",), "longer than the whole run"),
                (('sample.tempering.adapt="acceptance"',), "needs a thermalization of 128 sweeps or more")):
            self.assertIn(words, self.refusal(*settings))


if __name__ == "__main__":
    unittest.main()
