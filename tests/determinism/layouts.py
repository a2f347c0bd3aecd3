"""The same bits for any number of ranks and threads, with replicas spread over ranks and with lattices cut into domains."""
import unittest

from blockspin import Case

LAYOUTS = [(1, 1), (1, 2), (2, 1), (3, 1), (4, 1), (5, 1)]


class Layouts(Case):
    def digests(self, *arguments):
        found = {}
        for ranks, threads in LAYOUTS:
            out = f"run-{ranks}-{threads}"
            self.run_study(out, *arguments, "--force", ranks=ranks, threads=threads)
            found[ranks, threads] = self.digest(out)
        return found

    def test_replicas_over_ranks(self):
        self.assertEqual(len(set(self.digests().values())), 1)

    def test_one_lattice_cut_into_domains(self):
        one_chain = ("--set", "sample.chains=1", "--set", "scan.couplings.nn=[0.44]", "--set", "model.size=[20, 30]")
        self.assertEqual(len(set(self.digests(*one_chain).values())), 1)

    def test_domains_in_both_directions(self):
        self.run_study("whole")
        self.run_study("cut", "--set", "sample.domains=[2, 2]", ranks=4)
        self.assertEqual(self.digest("whole"), self.digest("cut"))

    def test_clusters_and_stencils(self):
        clusters = ("--set", 'sample.update=["swendsen-wang", "wolff"]', "--set", "sample.chains=1")
        self.assertEqual(len(set(self.digests(*clusters).values())), 1)
        stencil = ("--set", "model.couplings.nnn=0.1", "--set", "model.couplings.3nn=-0.05", "--set", "sample.chains=1",
                   "--set", "scan.couplings.nn=[0.2]", "--set", "model.size=[20, 15]")
        self.assertEqual(len(set(self.digests(*stencil).values())), 1)

    def test_another_seed_gives_other_bits(self):
        self.run_study("one")
        self.run_study("two", "--set", "study.seed=8")
        self.assertNotEqual(self.digest("one"), self.digest("two"))


if __name__ == "__main__":
    unittest.main()
