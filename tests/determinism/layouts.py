"""The same bits for any number of ranks and threads, with replicas spread over ranks and with lattices cut into domains."""
import unittest

from blockspin import Case

LAYOUTS = [(1, 1), (1, 2), (2, 1), (3, 1), (4, 1), (5, 1)]
FEW = [(1, 1), (4, 1)]


class Layouts(Case):
    def digests(self, *arguments, layouts=LAYOUTS):
        found = {}
        for ranks, threads in layouts:
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
        strips = ("--set", "model.couplings.nnn=0.1", "--set", "sample.chains=1", "--set", "scan.couplings.nn=[0.2]", "--set",
                  "model.size=[64, 60]", "--set", "sample.sweeps=100", "--set", "sample.configurations=5")
        self.assertEqual(len(set(self.digests(*strips).values())), 1)

    def test_potts_spins(self):
        potts = ("--set", 'model.spin="potts"', "--set", "sample.chains=1", "--set", "scan.couplings.nn=[0.9]", "--set",
                 "sample.sweeps=200", "--set", "sample.configurations=10", "--set", "sample.measure_every=1")
        cluster = ("--set", "model.states=3", "--set", 'sample.update=["heat-bath", "swendsen-wang", "wolff"]', "--set",
                   'sample.measure=["correlation-length", "clusters"]', "--set", "model.size=[20, 15]")
        self.assertEqual(len(set(self.digests(*potts, *cluster).values())), 1)
        many = ("--set", "model.states=12", "--set", 'sample.update=["metropolis"]', "--set",
                'model.boundary=["periodic", "open"]')
        self.assertEqual(len(set(self.digests(*potts, *many, layouts=FEW).values())), 1)

    def test_blume_capel_spins(self):
        spins = ("--set", 'model.spin="blume-capel"', "--set", "model.couplings.crystal_field=0.5", "--set",
                 'sample.update=["heat-bath", "swendsen-wang"]', "--set", "sample.chains=1", "--set",
                 "scan.couplings.nn=[0.6]", "--set", "sample.sweeps=200", "--set", "sample.configurations=10")
        self.assertEqual(len(set(self.digests(*spins, layouts=FEW).values())), 1)

    def test_renormalization_of_samples(self):
        settings = ("model.size=[16, 16]", "scan.couplings.nn=[0.4]", "sample.configurations=50", "block.steps=2",
                    'block.couplings=["nn", "nnn", "plaquette"]', "variational.iterations=10", "variational.chains=3",
                    "variational.sweeps=100", "matching.chains=3", "matching.rounds=2", "matching.sweeps=100")
        arguments = [argument for setting in settings for argument in ("--set", setting)]
        self.assertEqual(len(set(self.digests(*arguments).values())), 1)

    def test_another_seed_gives_other_bits(self):
        self.run_study("one")
        self.run_study("two", "--set", "study.seed=8")
        self.assertNotEqual(self.digest("one"), self.digest("two"))


if __name__ == "__main__":
    unittest.main()
