"""Networks that learn rows of a file: [data], [network], [likelihood], and the model file between them."""
import gzip
import json
import random
import struct
import unittest

from blockspin import BAD_DATA, BAD_INPUT, IO_FAILED, Case

STUDY = """\
[study]
name = "images"
seed = 5

[data]
file = "images.gz"
held_out_file = "images.idx"
binarise = "stochastic"

[network]
layers = [12, 5]
epochs = 20
batch = 20
trainings = 2
learning_rate = 0.1
fantasy = { chains = 8, burn_in = 5, sweeps = 10 }

[likelihood]
chains = 40
temperatures = 300
reverse = { rows = 10, chains = 5 }
"""


def idx(rows, seed):
    """IDX bytes of rows of 3 x 4 grey values, the second half of each like the first."""
    source = random.Random(seed)
    body = bytearray()
    for _ in range(rows):
        half = [source.choice([20, 230]) for _ in range(6)]
        body += bytes(half + [value + source.randrange(-20, 20) for value in half])
    return struct.pack(">4B3I", 0, 0, 8, 3, rows, 3, 4) + body


class Data(Case):
    def setUp(self):
        super().setUp()
        self.study.write_text(STUDY)
        (self.folder / "images.gz").write_bytes(gzip.compress(idx(100, 1)))
        (self.folder / "images.idx").write_bytes(idx(30, 2))

    def rows(self, out, section="likelihood"):
        results = json.loads((self.folder / out / "results.json").read_text())
        return {row["quantity"]: row for row in results["rows"] if row["section"] == section}

    def test_annealing_agrees_with_enumeration_on_any_layout_and_from_a_model_file(self):
        self.run_study("run", ranks=3)
        self.run_study("again", threads=2)
        self.assertEqual(self.digest("run"), self.digest("again"))
        self.run_study("exact", "--set", "likelihood.method=enumeration")
        annealed, exact = self.rows("run"), self.rows("exact")
        self.assertLess(abs(annealed["ln Z"]["value"] - exact["ln Z"]["value"]), 5 * annealed["ln Z"]["error"])
        for quantity in ("held-out log-probability", "training log-probability"):
            self.assertEqual(annealed[quantity]["kind"], "trained")
            self.assertGreater(annealed[quantity]["value"], -12 * 0.6932)  # better than coin tosses
            self.assertIn("spread", annealed[quantity])
        model = self.folder / "model.h5"
        model.write_bytes((self.folder / "run" / "network.h5").read_bytes())
        text = STUDY[:STUDY.index("[network]")] + STUDY[STUDY.index("[likelihood]"):]
        self.study.write_text(text)
        self.run_study("judged", "--set", "likelihood.from.model=model.h5", "--set", "likelihood.method=enumeration")
        self.assertEqual(self.rows("judged")["ln Z"]["value"], exact["ln Z"]["value"])
        self.assertEqual(self.rows("judged")["held-out log-probability"], exact["held-out log-probability"])

    def test_h5py_reads_the_model_file_and_writes_one(self):
        try:
            import h5py
            import numpy as np
        except ImportError:
            self.skipTest("needs python3-h5py")
        self.run_study("run")
        with h5py.File(self.folder / "run" / "network.h5", "r") as file:
            group = file["results/network"]
            parameters = [group[name][()] for name in ("weights_1", "visible_bias_1", "hidden_bias_1")]
        weights, visible, hidden = (part[0].astype(float) for part in parameters)
        self.assertEqual(weights.shape, (12, 5))
        states = np.array([[1 if c >> i & 1 else -1 for i in range(5)] for c in range(32)])
        ln_z = np.log(np.sum(np.exp(states @ hidden) * np.prod(2 * np.cosh(visible + states @ weights.T), axis=1)))
        with h5py.File(self.folder / "mine.h5", "w") as file:
            file["weights_1"], file["visible_bias_1"], file["hidden_bias_1"] = weights, visible, hidden
        self.run_study("judged", "--set", "likelihood.from.model=mine.h5", "--set", "likelihood.method=enumeration")
        self.assertLess(abs(self.rows("judged")["ln Z"]["value"] - ln_z), 1e-9)

    def test_a_bad_file_is_one_message_and_the_exit_code_of_its_kind(self):
        whole = idx(100, 1)
        for name, contents in {"short": gzip.compress(whole[:-1]), "cut": gzip.compress(whole)[:-20], "long": whole + b"x",
                               "magic": b"\0\0\7\3" + whole[4:], "text": b"no images here", "empty": b""}.items():
            with self.subTest(name):
                (self.folder / "images.gz").write_bytes(contents)
                ranks = 2 if name == "short" else 1
                message = self.run_study("run", "--force", expect=BAD_DATA, ranks=ranks).stderr
                self.assertEqual(message.count("blockspin: "), 1, message)
                self.assertIn("images.gz", message)
        (self.folder / "images.gz").unlink()
        message = self.run_study("run", "--force", expect=IO_FAILED).stderr
        self.assertEqual(message.count("images.gz"), 1, message)

    def test_what_does_not_fit_together_is_found_by_check(self):
        for replaced, by, expected in [("[network]\n", "[network]\nfrom.point = 0\n", "does not go with [data]"),
                                       ("layers = [12, 5]", "layers = [12, 5, 4]", "single layer of hidden units"),
                                       ('"stochastic"', '"stochastic"\nrange = [3.0, 3.0]', "the smaller one first"),
                                       ('file = "images.gz"\n', "", "file"),
                                       ("[likelihood]\n", '[likelihood]\nmethod = "exact"\n', "enumeration")]:
            with self.subTest(expected):
                self.study.write_text(STUDY.replace(replaced, by, 1))
                self.assertIn(expected, self.blockspin("check", self.study, expect=BAD_INPUT).stderr)
        self.study.write_text(STUDY.replace("layers = [12, 5]", "layers = [64, 40]"))
        message = self.blockspin("check", self.study, "--set", "likelihood.method=enumeration", expect=BAD_INPUT).stderr
        self.assertIn("30 units or fewer", message)
        self.study.write_text(STUDY[:STUDY.index("[network]")] + STUDY[STUDY.index("[likelihood]"):])
        self.assertIn("needs networks", self.blockspin("check", self.study, expect=BAD_INPUT).stderr)


if __name__ == "__main__":
    unittest.main()
