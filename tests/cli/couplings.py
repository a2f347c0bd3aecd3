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

    def test_updates_refuse_what_they_cannot_sample(self):
        for update in ("swendsen-wang", "wolff"):
            choice = f'sample.update=["{update}"]'
            self.assertIn("the coupling nnn needs metropolis or heat-bath", self.refusal(choice, "model.couplings.nnn=0.1"))
            self.assertIn(f"{update} needs a model without field", self.refusal(choice, "model.couplings.field=0.1"))
        self.assertIn("too short for the operator 3nn", self.refusal("model.couplings.3nn=0.1", "model.size=[16, 2]"))


if __name__ == "__main__":
    unittest.main()
