"""What is made of the samples of a run: configurations in NumPy, scaling with the size, a disk that is full."""
import json
import resource
import subprocess
import unittest

from blockspin import DONE, BAD_INPUT, IO_FAILED, Case, command, environment

PYTHON = "/usr/bin/python3"  # the one whose packages the distribution installs


def has_h5py():
    return subprocess.run([PYTHON, "-c", "import h5py, numpy"], capture_output=True).returncode == 0


class Samples(Case):
    @unittest.skipUnless(has_h5py(), "needs python3-h5py and python3-numpy")
    def test_numpy_unpacks_configurations_in_one_line(self):
        # 256 x 32 sites are updated as bits, 16 x 8 as bytes; ranks share the former.
        for size, ranks in ([16, 8], 1), ([256, 32], 1), ([256, 32], 2):
            out = f"run-{size[0]}-{ranks}"
            self.run_study(out, "--set", f"model.size={size}", "--set", "sample.configurations=20", ranks=ranks)
            line = ("np.unpackbits(c, axis=-1, bitorder='little')[..., :N].astype(np.int8) * 2 - 1")
            program = f"""
import h5py, numpy as np
with h5py.File('{self.folder / out / 'results.h5'}') as file:
    sample = file['results/sample']
    c, m = sample['configurations'][:], sample['spin_sum'][:]
    meaning = sample['configurations'].attrs['meaning']
    assert {line!r} in (meaning.decode() if isinstance(meaning, bytes) else meaning), meaning
    b = sample['bond_sum'][:]
N = {size[0] * size[1]}
s = {line}
assert s.shape == (20, 6, N) and set(np.unique(s)) == {{-1, 1}}
every = m.shape[0] // 20
assert (s.sum(-1, dtype=int) == m[every - 1::every]).all()
s = s.reshape(20, 6, {size[1]}, {size[0]}).astype(int)
assert ((s * np.roll(s, 1, -1) + s * np.roll(s, 1, -2)).sum((-2, -1)) == b[every - 1::every]).all()
"""
            result = subprocess.run([PYTHON, "-c", program], text=True, capture_output=True)
            self.assertEqual(result.returncode, 0, result.stderr)

    @unittest.skipUnless(has_h5py(), "needs python3-h5py and python3-numpy")
    def test_what_is_measured_changes_no_configuration(self):
        held_as = {"bits": ["model.size=[256, 32]"], "strips": ["model.size=[64, 64]", "model.couplings.nnn=0.05"],
                   "lanes": ["model.disorder.samples=8"]}
        for name, keys in held_as.items():
            keys = [*keys, "sample.configurations=5", "sample.sweeps=40"]
            for out, more in (f"{name}-all", []), (f"{name}-none", ["sample.measure=[]"]):
                self.run_study(out, *(word for key in keys + more for word in ("--set", key)))
            program = f"""
import h5py
one, other = (h5py.File('{self.folder / name}-' + what + '/results.h5')['results/sample/configurations'][:] for what in ('all', 'none'))
assert one.shape[0] == 5 and (one == other).all()
"""
            result = subprocess.run([PYTHON, "-c", program], text=True, capture_output=True)
            self.assertEqual(result.returncode, 0, f"{name}: {result.stderr}")

    @unittest.skipUnless(has_h5py(), "needs python3-h5py and python3-numpy")
    def test_numpy_reads_configurations_of_potts_spins(self):
        self.run_study("run", "--set", 'model.spin="potts"', "--set", "model.states=3", "--set",
                       'sample.update=["metropolis", "swendsen-wang"]', "--set", "sample.configurations=20", ranks=2)
        program = f"""
import h5py, numpy as np
with h5py.File('{self.folder / 'run' / 'results.h5'}') as file:
    sample = file['results/sample']
    s, counts, bonds = sample['configurations'][:], sample['state_count'][:], sample['bond_sum'][:]
assert s.shape == (20, 6, 128) and set(np.unique(s)) == {{0, 1, 2}}
every = counts.shape[0] // 20
for state in range(3):
    assert ((s == state).sum(-1) == counts[every - 1::every, :, state]).all()
s = s.reshape(20, 6, 8, 16)
like = (s == np.roll(s, 1, -1)).astype(int) + (s == np.roll(s, 1, -2))
assert (like.sum((-2, -1)) == bonds[every - 1::every]).all()
"""
        result = subprocess.run([PYTHON, "-c", program], text=True, capture_output=True)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_finite_size_scaling_of_two_runs(self):
        scan = ["--set", "scan.couplings.nn=[0.42, 0.44, 0.46]", "--set", 'sample.update=["swendsen-wang"]',
                "--set", "sample.sweeps=4000", "--set", "sample.measure_every=1"]
        for side in 8, 16:
            self.run_study(f"run-{side}", "--set", f"model.size=[{side}, {side}]", *scan)
        self.blockspin("finite-size", "run-16", "run-8", "--out", "scaling.json")
        rows = json.loads((self.folder / "scaling.json").read_text())["rows"]
        crossing = next(r for r in rows if r["quantity"] == "coupling where the Binder cumulant crosses")
        self.assertLess(abs(crossing["value"] - 0.440687), 0.003 + 4 * crossing["error"])
        self.assertLess(crossing["error"], 0.01)
        self.assertIn("different sizes",
                      self.blockspin("finite-size", "run-8", "run-8", expect=BAD_INPUT).stderr)
        self.assertIn("no finished run",
                      self.blockspin("finite-size", "run-8", "nothing", expect=BAD_INPUT).stderr)

    def test_clusters_need_a_cluster_update(self):
        refusal = self.blockspin("check", self.study, "--set", 'sample.measure=["clusters"]', expect=BAD_INPUT)
        self.assertIn("sample.measure", refusal.stderr)

    def test_a_full_disk_while_configurations_are_written(self):
        study = ["run", self.study, "--out", self.folder / "run", "--set", "model.size=[512, 512]",
                 "--set", "sample.configurations=200"]
        # 38 MB of configurations. MPI needs files of its own. SIGXFSZ stays ignored, as it is in Python: writes beyond
        # the limit fail as on a full disk.
        limited = subprocess.run(command(study), env=environment(), cwd=self.folder, text=True, capture_output=True,
                                 timeout=120, restore_signals=False,
                                 preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 24, 1 << 24)))
        self.assertEqual(limited.returncode, IO_FAILED, limited.stderr)
        self.assertFalse((self.folder / "run" / "results.h5").exists())
        self.blockspin(*study, "--restart", expect=DONE)


if __name__ == "__main__":
    unittest.main()
