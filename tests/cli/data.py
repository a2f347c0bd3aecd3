"""Networks that learn rows of a file: [data], [network], [likelihood], and the model file between them."""
import gzip
import json
import math
import os
import pathlib
import random
import struct
import subprocess
import sys
import unittest

from blockspin import BAD_DATA, BAD_INPUT, IO_FAILED, LONG, ROOT, Case

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


def by_enumeration(study):
    head, section, _ = study.partition("[likelihood]\n")
    return head + section + 'method = "enumeration"\n'


def idx(rows, seed):
    """IDX bytes of rows of 3 x 4 grey values, the second half of each like the first."""
    source = random.Random(seed)
    body = bytearray()
    for _ in range(rows):
        half = [source.choice([20, 230]) for _ in range(6)]
        body += bytes(half + [value + source.randrange(-20, 20) for value in half])
    return struct.pack(">4B3I", 0, 0, 8, 3, rows, 3, 4) + body


# Images of 28 x 28 pixels: those of a Debian package, or any others, say MNIST.
IMAGES = pathlib.Path(os.environ.get("BLOCKSPIN_IMAGES",
                                     "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz"))


# What a reader of the files does: ln Z of the machine by enumeration of its 5 hidden units, and a model file of its own.
READ_AND_WRITE = """
import sys
import h5py
import numpy as np
with h5py.File(sys.argv[1], "r") as file:
    parameters = [file["results/network"][name][()] for name in ("weights_1", "visible_bias_1", "hidden_bias_1")]
weights, visible, hidden = (part[0].astype(float) for part in parameters)
assert weights.shape == (12, 5)
states = np.array([[1 if c >> i & 1 else -1 for i in range(5)] for c in range(32)])
print(np.log(np.sum(np.exp(states @ hidden) * np.prod(2 * np.cosh(visible + states @ weights.T), axis=1))))
with h5py.File(sys.argv[2], "w") as file:
    file["weights_1"], file["visible_bias_1"], file["hidden_bias_1"] = weights, visible, hidden
"""


def can_read(python):
    return pathlib.Path(python).is_file() and subprocess.run([python, "-c", "import h5py, numpy"],
                                                             capture_output=True).returncode == 0


# The interpreter of the distribution is the one that its packages are for, whichever else comes first in PATH.
PYTHON = next(filter(can_read, (sys.executable, "/usr/bin/python3")), None)


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
        self.study.write_text(by_enumeration(STUDY))
        self.run_study("exact")
        annealed, exact = self.rows("run"), self.rows("exact")
        self.assertLess(abs(annealed["ln Z"]["value"] - exact["ln Z"]["value"]), 5 * annealed["ln Z"]["error"])
        for quantity in ("held-out log-probability", "training log-probability"):
            self.assertEqual(annealed[quantity]["kind"], "trained")
            self.assertGreater(annealed[quantity]["value"], -12 * 0.6932)  # better than coin tosses
            self.assertIn("spread", annealed[quantity])
        model = self.folder / "model.h5"
        model.write_bytes((self.folder / "run" / "network.h5").read_bytes())
        text = STUDY[:STUDY.index("[network]")] + STUDY[STUDY.index("[likelihood]"):]
        self.study.write_text(by_enumeration(text))
        self.run_study("judged", "--set", "likelihood.from.model=model.h5")
        self.assertEqual(self.rows("judged")["ln Z"]["value"], exact["ln Z"]["value"])
        self.assertEqual(self.rows("judged")["held-out log-probability"], exact["held-out log-probability"])

    @unittest.skipUnless(PYTHON, "needs python3-h5py and python3-numpy")
    def test_h5py_reads_the_model_file_and_writes_one(self):
        self.run_study("run")
        script = subprocess.run([PYTHON, "-c", READ_AND_WRITE, self.folder / "run" / "network.h5", self.folder / "mine.h5"],
                                capture_output=True, text=True)
        self.assertEqual(script.returncode, 0, script.stderr)
        self.study.write_text(by_enumeration(STUDY))
        self.run_study("judged", "--set", "likelihood.from.model=mine.h5")
        self.assertLess(abs(self.rows("judged")["ln Z"]["value"] - float(script.stdout)), 1e-9)

    def test_a_training_goes_on_from_a_model_file(self):
        self.run_study("run")
        self.run_study("more", "--set", "network.from.model=run/network.h5", "--set", "network.epochs=40")
        before, after = (self.rows(out)["training log-probability"]["value"] for out in ("run", "more"))
        self.assertGreater(after, before)
        message = self.run_study("other", "--set", "network.from.model=run/network.h5", "--set", "network.layers=[12, 6]",
                                 expect=BAD_INPUT).stderr
        self.assertIn("as many units as the layers", message)
        self.run_study("none", "--set", "network.from.model=none.h5", expect=BAD_DATA)

    @unittest.skipUnless(LONG and IMAGES.exists(), "long, and needs dataset-fashion-mnist or BLOCKSPIN_IMAGES")
    def test_persistent_chains_learn_images_better_than_cd_1_in_as_many_updates(self):
        images = gzip.decompress(IMAGES.read_bytes())
        for name, first, end in (("seen.idx", 0, 5000), ("unseen.idx", 5000, 6000)):
            header = images[:4] + struct.pack(">I", end - first) + images[8:16]
            (self.folder / name).write_bytes(header + images[16 + 784 * first:16 + 784 * end])
        self.study.write_text((ROOT / "inputs/network/images-pcd.toml").read_text())
        probability = {}
        for method in ("cd", "pcd"):
            self.run_study(method, "--set", f"network.method={method}", "--set", "network.trainings=5",
                           "--set", "network.epochs=10", "--set", "data.file=seen.idx",
                           "--set", "data.held_out_file=unseen.idx", ranks=2, timeout=1500)
            probability[method] = self.rows(method)["held-out log-probability"]
        # The rows are the same: only trainings and ln Z differ.
        error = math.hypot(*(row["spread"] / math.sqrt(5) for row in probability.values()))
        difference = probability["pcd"]["value"] - probability["cd"]["value"]
        print(f"PCD-1 less CD-1: {difference:.2f} +- {error:.2f} nats")
        self.assertGreater(difference, 4 * error)

    def test_standardised_rows_are_learned_by_gaussian_units_and_judged_by_enumeration(self):
        annealed = (STUDY.replace("stochastic", "standardise").replace("reverse = { rows = 10, chains = 5 }", "")
                    .replace("fantasy = { chains = 8, burn_in = 5, sweeps = 10 }", ""))
        learned = ["--set", "network.method=pcd", "--set", "network.learning_rate=0.01", "--set", "network.epochs=200"]
        self.study.write_text(by_enumeration(annealed))
        self.run_study("run", *learned, ranks=3)
        self.run_study("again", *learned, threads=2)
        self.assertEqual(self.digest("run"), self.digest("again"))
        self.study.write_text(annealed)
        self.run_study("annealed", *learned, ranks=2)
        ln_z, annealed = self.rows("run")["ln Z"]["value"], self.rows("annealed")["ln Z"]
        self.assertLess(abs(annealed["value"] - ln_z), 4 * annealed["error"])
        self.assertLess(annealed["error"], 0.1)
        independent = -12 * (1 + 1.8379) / 2  # nats: ln p of independent standard normal units
        self.assertGreater(self.rows("run")["held-out log-probability"]["value"], independent)
        message = self.run_study("deep", *learned, "--set", "network.hidden_units=rectified", expect=BAD_INPUT).stderr
        self.assertIn("only for binary hidden units", message)

    def test_grey_rows_are_learned_as_they_are_and_weights_are_shared_on_any_layout(self):
        self.study.write_text(STUDY[:STUDY.index("[likelihood]")].replace("stochastic", "none"))
        shared = ["--set", "network.translation.kernel=2", "--set", "network.translation.size=[4, 3]",
                  "--set", "network.layers=[12, 12]", "--set", "network.watch.likelihood_every=10"]
        for name, more in {"grey": [], "shared": shared}.items():
            self.run_study(name, *more, ranks=3)
            self.run_study(name + "-again", *more, threads=2)
            self.assertEqual(self.digest(name), self.digest(name + "-again"))
            error = self.rows(name, "network")["reconstruction error, layer 1"]["value"]
            self.assertLess(error, 0.2)

    def test_a_trained_machine_blocks_configurations_of_a_larger_lattice_as_a_rule(self):
        source = (ROOT / "inputs/network/learned-blocks.toml").read_text()
        self.study.write_text(source)
        self.run_study("learned", "--set", "sample.configurations=300", "--set", "sample.sweeps=1500",
                       "--set", "network.epochs=5", ranks=2)
        flow = (ROOT / "inputs/network/learned-flow.toml").read_text()
        self.study.write_text(flow.replace("runs/learned-blocks", "learned"))
        short = ["--set", "sample.configurations=500", "--set", "sample.sweeps=2000", "--set", "sample.measure_every=4"]
        self.run_study("flow", *short, ranks=3)
        self.run_study("again", *short, threads=2)
        self.assertEqual(self.digest("flow"), self.digest("again"))
        found = self.rows("flow", "block")
        for name, exact in (("y_T", 1.0), ("y_H", 1.875)):
            rows = [row for quantity, row in found.items() if quantity.startswith(name)]
            self.assertLess(min(abs(row["value"] - exact) - 3 * row["error"] for row in rows), 0.05, rows)
        for setting, message in {"block.learned.training=2": "training 2 of 2", "block.factor=4": "factor",
                                 "block.learned.size=[8, 8]": "one hidden unit", "block.rule=majority": "belongs to rule"}.items():
            with self.subTest(setting):
                error = self.run_study("bad", *short, "--force", "--set", setting, expect=BAD_INPUT, ranks=2).stderr
                self.assertIn(message, error)
        self.run_study("bad", *short, "--force", "--set", "block.learned.model=none.h5", expect=BAD_DATA)

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
                                       ('"stochastic"', '"none"', "needs rows that are binary"),
                                       ("epochs = 20", "translation.kernel = 2\nepochs = 20", "shared weights need 1 to 4 extents"),
                                       ("[likelihood]\n", '[likelihood]\nmethod = "exact"\n', "enumeration")]:
            with self.subTest(expected):
                self.study.write_text(STUDY.replace(replaced, by, 1))
                self.assertIn(expected, self.blockspin("check", self.study, expect=BAD_INPUT).stderr)
        self.study.write_text(by_enumeration(STUDY.replace("layers = [12, 5]", "layers = [64, 40]")))
        message = self.blockspin("check", self.study, expect=BAD_INPUT).stderr
        self.assertIn("30 units or fewer", message)
        self.study.write_text(STUDY)
        for idle in ("network.average_decay=0.9", "network.tempering.lowest=0.2", "network.schedule.final_momentum=0.7",
                     "network.translation.stride=2", "network.watch.chains=8", "network.held_out=0.2", "data.threshold=0.3",
                     "likelihood.held_out=0.2", "likelihood.reverse.rows=0", "data.binarise=standardise"):
            with self.subTest(idle):
                message = self.blockspin("check", self.study, "--set", idle, expect=BAD_INPUT).stderr
                self.assertIn("has no effect", message)
                self.assertEqual(len(message.strip().splitlines()), 1, message)
        self.study.write_text(by_enumeration(STUDY))
        for idle in ("chains=40", "temperatures=300", "ladder=uniform", "reverse.rows=10"):
            with self.subTest(idle):
                message = self.blockspin("check", self.study, "--set", "likelihood." + idle, expect=BAD_INPUT).stderr
                self.assertIn('has no effect without method = "annealing"', message)
                self.assertEqual(len(message.strip().splitlines()), 1, message)
        self.study.write_text(STUDY[:STUDY.index("[network]")] + STUDY[STUDY.index("[likelihood]"):])
        self.assertIn("needs networks", self.blockspin("check", self.study, expect=BAD_INPUT).stderr)


if __name__ == "__main__":
    unittest.main()
