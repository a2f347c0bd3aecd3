"""Exact sums over small lattices in a study, and what their keys refuse."""
import json
import unittest

from blockspin import BAD_INPUT, Case

CRITICAL = 0.44068679350977147


class ExactFlows(Case):
    STUDY = f"""\
[study]
name = "exact"

[model]
lattice = "square"
size = [8, 8]
couplings.nn = {CRITICAL}
"""

    def rows(self, *lines):
        """What the flows of the study with these lines at its end give: value by quantity."""
        self.study.write_text(self.STUDY + "\n".join(lines) + "\n")
        self.run_study("run", "--force")
        rows = json.loads((self.folder / "run" / "results.json").read_text())["rows"]
        return {row["quantity"]: row["value"] for row in rows if row["point"] != "square lattice"}

    def test_every_coupling_of_four_block_spins(self):
        rows = self.rows("couplings.plaquette = 0", "[[flow]]", 'method = "exact-summation"')
        self.assertAlmostEqual(rows["ln Z/N (square torus of edge 4)"], 0.9701197161722, delta=1e-12)  # Kaufman
        even = [value for name, value in rows.items() if name.startswith("K'_") and "4 -> 2" in name]
        self.assertEqual(len(even), 5)
        for name in ("h", "corner"):
            self.assertAlmostEqual(rows[f"K'_{name} (majority, 4 -> 2)"], 0, delta=1e-12)

    def test_a_table_does_what_the_rule_does(self):
        majority = [0, 0, 0, 0.5, 0, 0.5, 0.5, 1, 0, 0.5, 0.5, 1, 0.5, 1, 1, 1]
        rows = self.rows("[[flow]]", 'method = "exact-summation"', "[[flow]]", 'method = "exact-summation"', f"table = {majority}")
        for name in ("nn", "nnn", "plaquette"):
            self.assertEqual(rows[f"K'_{name} (majority, 4 -> 2)"], rows[f"K'_{name} (table, 4 -> 2)"])

    def test_the_map_of_a_finite_lattice(self):
        # Independent enumeration of the majority rule on 4 x 4 -> 2 x 2.
        rows = self.rows("[[flow]]", 'method = "finite-lattice"')
        self.assertAlmostEqual(rows["K_c"], 0.418197047162, delta=1e-9)
        self.assertAlmostEqual(rows["y_T"], 0.92921, delta=1e-5)
        self.assertAlmostEqual(rows["y_H"], 1.82187, delta=1e-5)

    def test_keys_that_do_not_fit_are_refused(self):
        for keys, sentence in (('rule = "kadanoff"', 'is needed with rule = "kadanoff"'), ("p = 0.5", 'belongs to rule = "kadanoff"'),
                               ("scale_factor = 3", "do not tile"), ('rule = "decimation"\ntable = [0, 1]', "stands in place of rule"),
                               ("dimension = 3", "has no dimension")):
            with self.subTest(keys):
                self.study.write_text(f'{self.STUDY}[[flow]]\nmethod = "exact-summation"\n{keys}\n')
                self.assertIn(sentence, self.blockspin("check", self.study, expect=BAD_INPUT).stderr)
        self.study.write_text(self.STUDY + '[[flow]]\nmethod = "exact-summation"\n')
        for setting, sentence in (("flow.0.size=14", "at most 16 blocks"), ("model.lattice=honeycomb", "honeycomb")):
            self.assertIn(sentence, self.blockspin("check", self.study, "--set", setting, expect=BAD_INPUT).stderr)


class Tensors(Case):
    STUDY = ExactFlows.STUDY

    def test_numbers_have_the_change_between_bonds_as_error(self):
        self.study.write_text(self.STUDY + "[tensor]\nbond = [2, 4]\n")
        self.run_study("run", ranks=2)
        rows = {row["quantity"]: row for row in json.loads((self.folder / "run" / "results.json").read_text())["rows"]}
        self.assertAlmostEqual(rows["f (hotrg, χ = 4)"]["value"], 0.929695398341610 * (1 - 1.73e-4), delta=1e-5)
        self.assertAlmostEqual(rows["f (hotrg, χ = 4)"]["error"], 0.93 * 2.87e-3, delta=1e-4)
        self.assertNotIn("f (hotrg, χ = 2)", rows)
        self.assertIn("two numbers of states or more", self.blockspin("check", self.study, "--set", "tensor.bond=[8]",
                                                                     expect=BAD_INPUT).stderr)


if __name__ == "__main__":
    unittest.main()
