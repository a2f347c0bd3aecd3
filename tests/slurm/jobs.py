"""The job scripts on a real Slurm: chains of links with changing layouts, arrays, cancelling, requeueing."""
import os
import re
import tempfile
import time
import unittest

from blockspin import PROGRAM, ROOT, STOPPED, Case
from one_node_slurm import OneNodeSlurm, why_not

JOBS = ROOT / "jobs"
MINUTES = int(os.environ.get("BLOCKSPIN_SLURM_MINUTES", "1"))  # of a link; 1 is the shortest time limit that Slurm knows
LIMIT = 60 * MINUTES


@unittest.skipIf(why_not(), why_not())
class Jobs(Case):
    @classmethod
    def setUpClass(cls):
        cls.base = tempfile.TemporaryDirectory(prefix="blockspin-slurm-")
        cls.slurm = OneNodeSlurm(cls.base.name)
        cls.addClassCleanup(cls.base.cleanup)
        cls.addClassCleanup(cls.slurm.stop)
        cls.slurm.start()

    longer = None  # than two links: options of a study, and its digest

    def longer_than_two_links(self):
        """The options of a study that takes 2.4 links on one rank, and its digest when it is not interrupted."""
        if Jobs.longer is None:
            length = self.seconds(2.4 * LIMIT)
            self.run_study("reference", *length, timeout=20 * LIMIT)
            Jobs.longer = length, self.digest("reference")
        return Jobs.longer

    def seconds(self, seconds):
        """The option that makes the study take about so long on one rank."""
        start = time.monotonic()
        self.run_study("trial", "--set", "sample.sweeps=100000", "--force")
        sweeps = int(1000 * seconds / (time.monotonic() - start)) * 100
        return "--set", f"sample.sweeps={sweeps}"

    def submit(self, script, *arguments, options=(), **environment):
        """The number of the job."""
        text = self.slurm.command("sbatch", "--parsable", *options, JOBS / script, *arguments, cwd=self.folder,
                                  BLOCKSPIN=PROGRAM, **environment)
        self.assertRegex(text, r"^\d+")
        return text.strip()

    def log(self, pattern="*.log"):
        return "".join(file.read_text() for file in sorted(self.folder.glob(pattern)))

    def wait_for_end(self, seconds):
        end = time.monotonic() + seconds
        while self.slurm.jobs():
            self.assertLess(time.monotonic(), end, f"jobs did not end\n{self.log()}")
            time.sleep(1)

    def exit_code(self, job):
        return int(self.slurm.job(job)["ExitCode"].partition(":")[0])

    def steps_after_each_link(self):
        return [int(steps) for steps in re.findall(r"continues after (\d+)", self.log())]

    def chain(self, **environment):
        length, expected = self.longer_than_two_links()
        self.submit("chain.sbatch", self.study, "--out", "run", *length, options=(f"--time={MINUTES}", "--ntasks=1"),
                    **environment)
        self.wait_for_end(30 * LIMIT)
        text = self.log()
        links = re.findall(r"^link (\d+): job (\d+), (\d+) ranks", text, re.M)
        steps = self.steps_after_each_link()
        print(f"links (number, job, ranks): {links}; they continued after {steps} steps", flush=True)
        self.assertGreaterEqual(len(links), 3, text)
        self.assertEqual([int(link[0]) for link in links], list(range(1, len(links) + 1)))
        self.assertEqual(len(steps), len(links) - 1, text)
        self.assertEqual(steps, sorted(set(steps)), "every link advances")
        self.assertEqual(self.digest("run"), expected, text)

    def test_chain_of_links_with_srun(self):
        self.chain()

    def test_chain_of_links_with_mpirun_on_changing_numbers_of_ranks(self):
        self.chain(BLOCKSPIN_LAUNCHER="mpirun", CHAIN_NTASKS="1 2 3")

    def test_chain_by_requeueing(self):
        self.chain(CHAIN_NEXT="requeue")

    def test_a_chain_ends_where_the_study_is_wrong(self):
        job = self.submit("chain.sbatch", self.study, "--set", "sample.swepes=3", options=("--time=1",))
        self.wait_for_end(60)
        self.assertEqual(self.exit_code(job), 64)
        self.assertEqual(self.log().count("did you mean"), 1, self.log())

    def test_array(self):
        values = ("0.1", "0.2", "0.3")
        self.study.write_text(self.STUDY.replace("[scan]\ncouplings.nn = [0.3, 0.44]\n", ""))
        self.submit("scan.sbatch", self.study, "model.couplings.nn", *values, options=("--array=0-2", "--time=1"))
        self.wait_for_end(120)
        for task, value in enumerate(values):
            study = (self.folder / "runs" / f"small-{task}" / "effective-study.toml").read_text()
            self.assertIn(f"nn = {value}", study)
            self.assertEqual(self.blockspin("verify", self.folder / "runs" / f"small-{task}").returncode, 0)

    def test_signalled_job_stops_with_a_checkpoint_and_a_cancelled_one_can_go_on(self):
        length = self.seconds(30)
        self.run_study("reference", *length)
        run = (self.study, "--out", "run", *length, "--set", "checkpoint.interval=1")
        job = self.submit("single.sbatch", *run)
        self.wait_for_checkpoint()
        self.slurm.command("scancel", "--signal=USR1", "--batch", job)
        self.wait_for_end(60)
        self.assertEqual(self.exit_code(job), STOPPED, self.log())
        job = self.submit("single.sbatch", *run)
        time.sleep(5)
        self.slurm.command("scancel", job)
        self.wait_for_end(60)
        self.run_study("run", *run[3:], "--restart", ranks=2)
        self.assertEqual(self.digest("run"), self.digest("reference"))

    def wait_for_checkpoint(self):
        for _ in range(600):
            if list((self.folder / "run").glob("checkpoint-*.h5")):
                return
            time.sleep(0.1)
        self.fail(f"no checkpoint within 60 s\n{self.log()}")

    def test_scaling_study(self):
        job = self.submit("scaling.sbatch", self.study, "--repeats", "1", "--limit", options=("--ntasks=2",))
        self.wait_for_end(LIMIT + 60)
        self.assertEqual(self.exit_code(job), 0, self.log())
        text = (self.folder / "runs" / "scaling-study" / "scaling.csv").read_text().splitlines()
        self.assertTrue(text[0].endswith(",limit,of_limit"))
        self.assertEqual([line.split(",")[0] for line in text[1:]], ["1", "2"])
        self.assertGreater(float(text[2].split(",")[-1]), 0.0)


if __name__ == "__main__":
    unittest.main()
