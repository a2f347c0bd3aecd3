"""Flows of couplings in a study: exact sums over small lattices, hierarchical lattices, and what every method refuses."""
import json
import math
import unittest

from blockspin import BAD_INPUT, Case

CRITICAL = 0.44068679350977147
BRIDGE_Y_T, BRIDGE_Y_H = 0.870603126617780, 2.165198492276212  # its eight weights in multiple precision


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

    def test_hierarchical_lattices_of_any_cell(self):
        bridge = '["a-x", "a-y", "x-y", "x-b", "y-b"]'  # its own dual: critical where the square lattice is
        name = "hierarchical a-x a-y x-y x-b y-b"
        rows = self.rows("[[flow]]", 'method = "hierarchical"', f"cell = {bridge}")
        self.assertAlmostEqual(rows["K_c"], CRITICAL, delta=1e-13)
        self.assertAlmostEqual(rows["d"], math.log2(5), delta=1e-14)
        self.assertAlmostEqual(rows["y_T"], BRIDGE_Y_T, delta=1e-11)
        self.assertAlmostEqual(rows["y_H"], BRIDGE_Y_H, delta=1e-11)
        self.assertIn(f"f ({name})", rows)
        diamond = self.rows("[[flow]]", 'method = "hierarchical"', 'cell = ["a-1", "1-b", "b-2", "2-a"]', "[[flow]]",
                            'method = "hierarchical"')
        self.assertEqual(diamond["f (hierarchical d = 2, b = 2)"], diamond["f (hierarchical a-1 1-b b-2 2-a)"])
        self.assertAlmostEqual(diamond["K_c"], 0.609377863436, delta=1e-12)
        # A field gives the bonds of a cell a direction that does not look the same from both ends.
        rows = self.rows("[[flow]]", 'method = "hierarchical"', 'cell = ["a-x", "a-x", "x-b", "x-b", "x-b"]')
        self.assertNotIn("y_H", rows)
        t = math.tanh(2 * rows["K_c"]) * math.tanh(3 * rows["K_c"])
        self.assertAlmostEqual(math.tanh(rows["K_c"]), t, delta=1e-12)

    def test_percolation_is_the_model_of_one_state(self):
        rows = self.rows("[[flow]]", 'method = "hierarchical"', 'cell = ["a-x", "a-y", "x-y", "x-b", "y-b"]', "states = 1")
        self.assertAlmostEqual(rows["K_c"], math.log(2), delta=1e-12)  # p_c = 1/2
        self.assertAlmostEqual(rows["y_T"], math.log2(13 / 8), delta=1e-11)

    def test_no_correction_to_scaling_is_given_where_the_truncation_is_too_coarse_for_it(self):
        recursion = ("[[flow]]", 'method = "wilson-recursion"', "dimension = 2.3")
        fine, coarse = self.rows(*recursion), self.rows(*recursion, "truncation = 30")
        self.assertIn("omega", fine)
        self.assertNotIn("omega", coarse)
        self.assertAlmostEqual(fine["nu"], coarse["nu"], delta=1e-4)

    def test_errors_cover_what_a_truncation_leaves_out(self):
        # Against the values on other grids in tests/exact/flow_schemes.cpp, K_c with 80 powers.
        known = {("wilson-recursion", 2.3): {"nu": 0.746459131159}, ("wilson-recursion", 2.5): {"nu": 0.698676885856},
                 ("dyson", 3.0): {"nu": 0.6495703650793, "K_c": 1.179030170446}, ("dyson", 3.8): {"nu": 0.5187691998872},
                 ("local-potential", 3.0): {"nu": 0.649561773881}}
        for (method, d), values in known.items():
            kept = (30, 36, 48, 66) if method == "wilson-recursion" else (20, 28, 36)
            lines = [line for n in kept for line in ("[[flow]]", f'method = "{method}"', f"dimension = {d}", f"truncation = {n}")]
            self.study.write_text(self.STUDY + "\n".join(lines) + "\n")
            self.run_study("run", "--force")
            rows = json.loads((self.folder / "run" / "results.json").read_text())["rows"]
            for name, value in values.items():
                found = [row for row in rows if row["quantity"] == name and row["point"] != "square lattice"]
                self.assertEqual(len(found), len(kept))
                for n, row in zip(kept, found):
                    with self.subTest(method=method, d=d, truncation=n, quantity=name):
                        self.assertLess(abs(row["value"] - value), row["error"] + 1e-12)
                        self.assertLess(row["error"], 0.2)
        self.study.write_text(self.STUDY + '[[flow]]\nmethod = "wilson-recursion"\ndimension = 2.2\ntruncation = 30\n')
        self.assertIn("truncation = 30 does not tell its accuracy", self.run_study("run", "--force", expect=BAD_INPUT).stderr)

    def test_one_step_of_decimation(self):
        rows = self.rows("couplings.field = 0.3", "[[flow]]", 'method = "decimation"')
        K, h, name = CRITICAL, 0.3, "(decimation d = 1, b = 2)"
        ratio = math.cosh(2 * K + h) * math.cosh(2 * K - h) / math.cosh(h) ** 2
        self.assertAlmostEqual(rows[f"K'_nn {name}"], math.log(ratio) / 4, delta=1e-15)
        self.assertAlmostEqual(rows[f"K'_field {name}"], h + math.log(math.cosh(2 * K + h) / math.cosh(2 * K - h)) / 2, delta=1e-15)

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

KEYS = {  # what each method knows
    "kadanoff": "dimension scale_factor start spin states window ratios starts",
    "kadanoff-groups": "group steps",
    "migdal-kadanoff": "dimension scale_factor states anisotropic window ratios starts",
    "hierarchical": "dimension scale_factor states cell",
    "decimation": "scale_factor states",
    "cumulant": "order window ratios starts",
    "maris-kadanoff": "",
    "wilson-decimation": "window ratios starts",
    "wilson-recursion": "dimension truncation",
    "dyson": "dimension truncation",
    "local-potential": "dimension components truncation",
    "random-bonds": "size disorder samples",
    "spin-glass": "dimension scale_factor disorder population populations compositions temperatures",
    "exact-summation": "size scale_factor rule p table",
    "finite-lattice": "size scale_factor rule p table",
}

UNFIT = [  # keys that a method knows, with values that it cannot use, and what it says
    ("kadanoff", "dimension = 2.5", "knows 1 to 5 dimensions"),
    ("kadanoff", "scale_factor = 3", "knows scale_factor = 2 only"),
    ("kadanoff", "states = 3", "no states to choose"),
    ("kadanoff", 'spin = "potts"\nstates = 1.5', "knows integers from 2 to 10"),
    ("kadanoff", 'spin = "potts"\ndimension = 3\nstates = 4', "at most 3"),
    ("kadanoff", "window = [0, 1, 0, 1]", 'start = "shared" only'),
    ("kadanoff-groups", 'group = "8x8"', "must be one of"),
    ("kadanoff-groups", "steps = 0", "in [1, 20]"),
    ("migdal-kadanoff", "dimension = 1", "use decimation"),
    ("migdal-kadanoff", "dimension = 0.5", "in [1, 16]"),
    ("migdal-kadanoff", "states = 0.5", "must be in [1"),
    ("migdal-kadanoff", "anisotropic = true\ndimension = 2.5", "2, 3 or 4 directions"),
    ("migdal-kadanoff", "anisotropic = true\nstates = 3", "Ising spins only"),
    ("migdal-kadanoff", "window = [0, 1, 0, 1]", "anisotropic bonds in two dimensions only"),
    ("migdal-kadanoff", "anisotropic = true\nwindow = [-1, 1, 0, 1]", "both couplings are positive"),
    ("migdal-kadanoff", "ratios = [1.0]", "which is not given"),
    ("hierarchical", "scale_factor = 1", "needs at least 2"),
    ("hierarchical", "dimension = 1", "use decimation"),
    ("hierarchical", 'cell = ["a-x", "x-b", "a-x", "x-b"]\ndimension = 2', "has one of its own"),
    ("hierarchical", 'cell = ["a-x", "x-b", "a-x", "x-b"]\nscale_factor = 2', "has one of its own"),
    ("hierarchical", 'cell = ["a-x", "a-x", "x-b"]', "there is no transition"),
    ("hierarchical", 'cell = ["a-b", "a-b"]', "at least two bonds apart"),
    ("hierarchical", 'cell = ["a-x", "y-b"]', "hangs together"),
    ("hierarchical", 'cell = ["a-a", "a-x", "x-b"]', "is a loop"),
    ("hierarchical", 'cell = ["ax", "x-b"]', "by its two ends"),
    ("hierarchical", "cell = []", "hangs together"),
    ("decimation", "scale_factor = 1", "needs at least 2"),
    ("cumulant", "order = 3", "in [1, 2]"),
    ("cumulant", "order = 1\nwindow = [0, 1, 0, 1]", "one coupling only"),
    ("cumulant", "window = [1, 0, 0, 1]", "from < to"),
    ("cumulant", "window = [0, 1, 0]", "four numbers"),
    ("wilson-decimation", "window = [0, 1, 0, 1]\nstarts = [0.1]", "two numbers for each model"),
    ("wilson-decimation", "window = [0, 1, 0, 1]\nratios = [-inf]", "real numbers, or inf"),
    ("wilson-decimation", "starts = [0.1, 0.2]", "which is not given"),
    ("wilson-recursion", "dimension = 4", "between 2 and 4"),
    ("wilson-recursion", "truncation = 100", "at most 80"),
    ("wilson-recursion", "truncation = 20", "at least 24"),
    ("dyson", "dimension = 2", "between 2 and 4"),
    ("dyson", "truncation = 10", "at least 16"),
    ("local-potential", "components = -1", "in [0, 1000]"),
    ("local-potential", "dimension = 5", "between 2 and 4"),
    ("random-bonds", "size = 1", "in [2, 256]"),
    ("random-bonds", "samples = 0", "must be in [1"),
    ("spin-glass", "dimension = 2.5", "2, 3, 4 and 5 dimensions"),
    ("spin-glass", "scale_factor = 1", "needs at least 2"),
    ("spin-glass", "dimension = 5\nscale_factor = 8", "bonds make a new one"),
    ("spin-glass", "compositions = [0.4]", "between 0.5 and 1"),
    ("spin-glass", "population = 10", "must be in [1000"),
    ("exact-summation", "scale_factor = 1", "2 sites or more"),
    ("exact-summation", 'rule = "kadanoff"', "is needed"),
    ("finite-lattice", "p = 0.4", 'belongs to rule = "kadanoff"'),
    ("finite-lattice", "size = 5", "do not tile"),
    ("finite-lattice", "size = 12", "at most 16 blocks"),
]


class Methods(Case):
    STUDY = ExactFlows.STUDY

    def refused(self, method, lines):
        self.study.write_text(f'{self.STUDY}[[flow]]\nmethod = "{method}"\n{lines}\n')
        return self.blockspin("check", self.study, expect=BAD_INPUT).stderr

    def test_keys_of_other_methods_are_refused_by_every_method(self):
        values = {"start": '"shared"', "spin": '"ising"', "anisotropic": "true", "disorder": '"gaussian"', "rule": '"majority"',
                  "compositions": "[0.6]", "temperatures": "[1.0]", "window": "[0.0, 1.0, 0.0, 1.0]", "ratios": "[1.0]",
                  "starts": "[0.1, 0.1]", "table": "[0.5, 0.5]", "group": '"2x2"', "cell": '["a-x", "x-b"]', "population": 2000,
                  "populations": 4, "truncation": 20, "size": 4, "order": 2}
        keys = sorted(set(" ".join(KEYS.values()).split()))
        for method, known in KEYS.items():
            with self.subTest(method):
                message = self.refused(method, "\n".join(f"{key} = {values.get(key, 3)}" for key in keys))
                for key in keys:
                    sentence = f"{method} has no {key};"
                    (self.assertNotIn if key in known.split() else self.assertIn)(sentence, message)
        message = self.refused("all", "")
        for method in KEYS:  # the table misses none
            message = message.replace(f"'{method}'", "", 1)
        self.assertNotRegex(message.partition("one of")[2], "'[a-z-]+'")

    def test_values_that_do_not_fit_are_refused_with_a_sentence(self):
        for method, lines, sentence in UNFIT:
            with self.subTest(method=method, lines=lines):
                message = self.refused(method, lines)
                self.assertIn(sentence, message)
                self.assertEqual(message.count("study.toml"), message.count("\n"), message)


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
