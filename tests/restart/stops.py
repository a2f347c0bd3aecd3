"""Interrupted = uninterrupted, by the same digest, whatever stopped the run and on whatever layout it goes on."""
import os
import pty
import signal
import subprocess
import time
import unittest

from blockspin import BAD_INPUT, DONE, LONG, PROGRAM, ROOT, STOPPED, Case

OFTEN = ("--set", "checkpoint.interval=0.05")
SLOW = ("--set", "sample.sweeps=150000", *OFTEN)
SHORTER = ("--set", "sample.sweeps=40000", *OFTEN)


class Stops(Case):
    uninterrupted = None

    def reference(self):
        if Stops.uninterrupted is None:
            self.run_study("reference", *SLOW)
            Stops.uninterrupted = self.digest("reference")
        return Stops.uninterrupted

    def checkpoints(self):
        return set((self.folder / "run").glob("checkpoint-*.h5"))

    def wait_for_checkpoint(self, process, earlier=frozenset()):
        """Waits until a run has written a checkpoint; fails if it ends before."""
        for _ in range(2000):
            if self.checkpoints() - earlier:
                return
            self.assertIsNone(process.poll(), "the run ended before its first checkpoint")
            time.sleep(0.005)
        self.fail("no checkpoint within 10 s")

    def stop_by_signal(self, ranks, threads, number, *arguments):
        earlier = self.checkpoints()
        process = self.start("run", self.study, "--out", self.folder / "run", *SLOW, *arguments, ranks=ranks, threads=threads)
        self.wait_for_checkpoint(process, earlier)
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, STOPPED, output)
        self.assertIn("--restart", output)

    def test_sigusr1_twice_then_on_other_layouts(self):
        expected = self.reference()
        self.stop_by_signal(2, 1, signal.SIGUSR1)
        self.stop_by_signal(3, 1, signal.SIGUSR1, "--restart")
        self.run_study("run", *SLOW, "--restart", ranks=1, threads=2)
        self.assertEqual(self.digest("run"), expected)
        again = self.run_study("run", *SLOW, "--restart")
        self.assertIn("finished", again.stdout)

    def test_potts_spins(self):
        potts = ("--set", 'model.spin="potts"', "--set", "model.states=3", "--set", "sample.sweeps=6000", "--set",
                 'sample.update=["heat-bath", "swendsen-wang", "wolff"]')
        self.run_study("reference", *SLOW, *potts)
        self.stop_by_signal(2, 1, signal.SIGUSR1, *potts)
        self.run_study("run", *SLOW, *potts, "--restart")
        self.assertEqual(self.digest("run"), self.digest("reference"))

    def test_sigterm_and_sigint_of_a_single_process(self):
        expected = self.reference()
        self.stop_by_signal(1, 1, signal.SIGTERM)
        self.stop_by_signal(1, 1, signal.SIGINT, "--restart")
        self.run_study("run", *SLOW, "--restart", ranks=2)
        self.assertEqual(self.digest("run"), expected)

    def test_stop_file(self):
        expected = self.reference()
        process = self.start("run", self.study, "--out", self.folder / "run", *SLOW)
        self.wait_for_checkpoint(process)
        (self.folder / "run" / "stop").touch()
        output, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, STOPPED, output)
        self.assertFalse((self.folder / "run" / "stop").exists())
        self.run_study("run", *SLOW, "--restart", ranks=2)
        self.assertEqual(self.digest("run"), expected)

    def test_time_limit_in_links_each_of_which_advances(self):
        expected = self.reference()
        self.run_study("run", *SLOW, "--max-time", "0:01", expect=STOPPED)
        for _ in range(200):
            link = self.run_study("run", *SLOW, "--max-time", "1.3", "--restart", expect=None)
            if link.returncode == DONE:
                break
            self.assertEqual(link.returncode, STOPPED, link.stdout + link.stderr)
        self.assertEqual(self.digest("run"), expected)

    def test_two_runs_never_share_a_folder(self):
        process = self.start("run", self.study, "--out", self.folder / "run", *SLOW, "--set", "sample.sweeps=100000000")
        self.wait_for_checkpoint(process)
        message = self.run_study("run", *SLOW, "--restart", expect=BAD_INPUT, ranks=2).stderr
        self.assertEqual(message.count("another run is at work"), 1, message)

    def test_launcher_killed_and_restarted_at_once(self):
        expected = self.reference()
        for _ in range(5 if LONG else 2):
            process = self.start("run", self.study, "--out", self.folder / "run", *SLOW, "--restart", ranks=2)
            time.sleep(0.7)
            process.kill()  # the ranks live on for a moment
        self.run_study("run", *SLOW, "--restart", ranks=2)
        self.assertEqual(self.digest("run"), expected)

    def launched(self, *arguments):
        """One of jobs/*.local at a terminal of its own: the process, and the end of the terminal that types and reads."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(["setsid", "--ctty", "--wait", *(str(a) for a in arguments), *SHORTER], cwd=self.folder, stdin=theirs,
                                   stdout=theirs, stderr=theirs, env={**os.environ, "OMP_NUM_THREADS": "1", "BLOCKSPIN": PROGRAM})
        os.close(theirs)
        self.addCleanup(os.close, ours)
        self.addCleanup(process.kill)
        return process, ours

    def test_control_c_and_sigterm_at_a_launcher(self):
        """Both become a stop with a checkpoint and exit code 75, and the launcher returns without delay."""
        process, terminal = self.launched(ROOT / "jobs" / "single.local", 2, self.study, "--out", self.folder / "run")
        self.wait_for_checkpoint(process)
        os.write(terminal, b"\x03")
        self.assertEqual(process.wait(timeout=20), STOPPED)
        earlier = self.checkpoints()
        chain = subprocess.Popen([ROOT / "jobs" / "chain.local", "1 2", "1:00", self.study, "--out", self.folder / "run", *SHORTER],
                                 cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1", "BLOCKSPIN": PROGRAM})
        self.addCleanup(chain.kill)
        self.wait_for_checkpoint(chain, earlier)
        chain.terminate()
        self.assertEqual(chain.wait(timeout=20), STOPPED)
        self.run_study("run", *SHORTER, "--restart")
        self.run_study("reference", *SHORTER)
        self.assertEqual(self.digest("run"), self.digest("reference"))


if __name__ == "__main__":
    unittest.main()
