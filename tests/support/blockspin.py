"""Runs the blockspin program for the tests that look at it from outside."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["BLOCKSPIN"]
BUILD = pathlib.Path(os.environ["BLOCKSPIN_BUILD"])
LONG = bool(os.environ.get("BLOCKSPIN_LONG"))
ROOT = pathlib.Path(__file__).resolve().parents[2]

DONE, BAD_INPUT, BAD_DATA, INTERNAL_ERROR, IO_FAILED, STOPPED = 0, 64, 65, 70, 74, 75


def command(arguments, ranks=1):
    """The command line for a number of ranks."""
    launcher = ["mpirun", "-n", str(ranks)] if ranks > 1 else []
    return launcher + [PROGRAM] + [str(a) for a in arguments]


def environment(threads=1):
    """The environment for a number of threads per rank."""
    return {**os.environ, "OMP_NUM_THREADS": str(threads)}


class Case(unittest.TestCase):
    """A test case with a folder of its own and a small study in it."""

    STUDY = """\
[study]
name = "small"
seed = 7

[model]
lattice = "square"
size = [16, 8]
couplings.nn = 0.4

[scan]
couplings.nn = [0.3, 0.44]

[sample]
update = ["heat-bath"]
chains = 3
thermalization = 50
sweeps = 400
measure_every = 2
"""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="blockspin-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.study = self.folder / "study.toml"
        self.study.write_text(self.STUDY)

    def blockspin(self, *arguments, ranks=1, threads=1, expect=DONE, timeout=120):
        """Runs the program in the folder of the test; checks its exit code unless `expect` is None."""
        # After an exit code other than 0, mpirun waits twice as long as this, though all ranks have ended by themselves.
        patience = {"OMPI_MCA_odls_base_sigkill_timeout": "1"}
        result = subprocess.run(command(arguments, ranks), env={**environment(threads), **patience}, cwd=self.folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout)
        if expect is not None:
            self.assertEqual(result.returncode, expect, f"{arguments}\n{result.stdout}\n{result.stderr}")
        return result

    def run_study(self, out, *arguments, **keywords):
        return self.blockspin("run", self.study, "--out", self.folder / out, *arguments, **keywords)

    def start(self, *arguments, ranks=1, threads=1):
        """Starts the program and returns the process, which leads a session of its own."""
        process = subprocess.Popen(command(arguments, ranks), env=environment(threads), cwd=self.folder, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        self.addCleanup(self.kill, process)
        return process

    @staticmethod
    def kill_session(process):
        """Kills a process and all its children, which mpirun puts into process groups of their own."""
        for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                session = int(entry.read_text().rpartition(")")[2].split()[3])
                if session == process.pid:
                    os.kill(int(entry.parent.name), signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                pass

    @staticmethod
    def kill(process):
        """Kills a process and all its children, and waits for it."""
        Case.kill_session(process)
        process.wait()
        process.stdout.close()

    def digest(self, out):
        """The SHA-256 of a run's results."""
        text = self.blockspin("verify", self.folder / out / "results.h5").stdout
        match = re.match(r"[0-9a-f]{64}\b", text)
        self.assertTrue(match, text)
        return match[0]
