"""Faults: how a run ends, what it says, and that the next --restart goes on from there to the same digest.

One run meets fault after fault, each some time after its first new checkpoint, and is continued after each. Ends with a
table of what was seen. In the long tier every fault also comes at other times, and there are 200 SIGKILLs."""
import contextlib
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import time
import unittest

from blockspin import BUILD, DONE, INTERNAL_ERROR, IO_FAILED, LONG, PROGRAM, STOPPED, Case, environment

PATIENCE = 60  # seconds that no fault may take to end a run
KILLED = 128 + signal.SIGKILL
LENGTH = ("--set", "sample.sweeps=60000")
OFTEN = ("--set", "checkpoint.interval=0.05")
MEMORY = BUILD / "tests" / "restart" / "libfailing_memory.so"


class Faults(Case):
    seen = []  # rows of the table

    @classmethod
    def tearDownClass(cls):
        widths = cls.seen and [max(len(row[column]) for row in cls.seen) for column in range(3)]
        for row in cls.seen:
            print("  ".join(text.ljust(width) for text, width in zip(row, (*widths, 0))))

    def setUp(self):
        super().setUp()
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        self.run_folder = self.disk / "run"
        self.random = random.Random(1975)
        self.expected = None  # steps that the next link has to continue from
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", self.disk], capture_output=True)
        self.can_fill = mounted.returncode == 0
        if self.can_fill:
            self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk])

    # What is known of a run from outside.

    def checkpoints(self):
        return sorted(self.run_folder.glob("checkpoint-*.h5"))

    def steps_of_newest(self):
        """Steps of the newest checkpoint that is whole; None without one."""
        for file in reversed(self.checkpoints()):
            if self.blockspin("verify", file, expect=None).returncode == DONE:
                steps = dict(re.findall(r"^(\S+): after (\d+) steps", self.blockspin("show", self.run_folder, expect=None).stdout, re.M))
                return int(steps[file.stem])
        return None

    def ranks(self, process):
        """Process numbers of the ranks that mpirun has started."""
        found = []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == process.pid and os.path.samefile(folder / "exe", PROGRAM):
                    found.append(int(folder.name))
        return sorted(found)

    def wait_for(self, what, happened, process):
        end = time.monotonic() + PATIENCE
        while not happened():
            self.assertIsNone(process.poll(), f"the run ended before {what}")
            self.assertLess(time.monotonic(), end, f"no {what}")
            time.sleep(0.0005)

    def go_on(self, extra=()):
        """Starts the next link on two ranks, `extra` before the program of the second, and waits for a new checkpoint."""
        before = set(self.checkpoints())
        run = [PROGRAM, "run", self.study, "--out", self.run_folder, *LENGTH, *OFTEN, "--restart"]
        line = ["mpirun", "-n", "1", *run, ":", "-n", "1", *extra, *run]
        process = subprocess.Popen([str(a) for a in line], cwd=self.folder, text=True, start_new_session=True,
                                   env={**environment(), "OMPI_MCA_odls_base_sigkill_timeout": "1"},
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(self.kill, process)
        self.wait_for("a new checkpoint", lambda: set(self.checkpoints()) - before, process)
        return process

    def end(self, process):
        """Waits for the end of a run; its exit code and what it printed. Fails with what is alive if it does not end."""
        try:
            output, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            alive = subprocess.run(["ps", "-s", str(process.pid), "-o", "pid,ppid,stat,wchan:20,etime,args"], capture_output=True, text=True)
            self.fail(f"a hang: exit code {process.poll()} after {PATIENCE} s\n{alive.stdout}")
        return process.returncode, output

    def expect(self, name, process, code, message, restore=lambda: None):
        """The documented end of a run that has met a fault; what is then there continues."""
        start = time.monotonic()
        found, output = self.end(process)
        seconds = time.monotonic() - start
        restore()
        self.assertEqual(found, code, f"{name}\n{output}")
        own = [line for line in output.splitlines() if line.startswith("blockspin: ")]
        self.assertRegex(output, message, name)
        self.assertLessEqual(len(own), 1, f"{name}\n{output}")
        if self.expected is not None:
            self.assertIn(f"continues after {self.expected} of", output, name)
        self.expected = self.steps_of_newest()
        self.assertIsNotNone(self.expected, f"{name}: no usable checkpoint")
        said = own[0] if own else re.search(message, output)[0]
        self.seen.append((name, f"exit {found}", f"{seconds:.1f} s", said.replace(str(self.folder) + "/", "")))

    def finish(self):
        """The run to its end; where it continued from, and the digest."""
        output = self.run_study(self.run_folder, *LENGTH, "--restart", ranks=2).stdout
        return int(re.search(r"continues after (\d+) of", output)[1]), self.digest(self.run_folder)

    # The faults: each starts a link, does something to it, and looks at how it ends.

    def one_rank_is_killed(self):
        process = self.go_on()
        os.kill(self.random.choice(self.ranks(process)), signal.SIGKILL)
        return self.expect("one rank is killed", process, KILLED, r"mpirun noticed .*exited on signal 9 \(Killed\)")

    def all_ranks_are_killed(self):
        process = self.go_on()
        for rank in self.ranks(process):
            os.kill(rank, signal.SIGKILL)
        return self.expect("all ranks are killed", process, KILLED, r"mpirun noticed .*exited on signal 9 \(Killed\)")

    def mpirun_is_killed(self):
        process = self.go_on()
        ranks = self.ranks(process)
        process.kill()
        start = time.monotonic()
        while any(os.path.exists(f"/proc/{rank}") for rank in ranks):
            self.assertLess(time.monotonic() - start, PATIENCE, "the ranks live on")
            time.sleep(0.05)
        self.end(process)
        self.expected = self.steps_of_newest()
        self.seen.append(("mpirun is killed", "signal 9", f"{time.monotonic() - start:.1f} s", "(the ranks end by themselves)"))

    def the_disk_is_full(self):
        if not self.can_fill:
            self.seen.append(("the disk is full", "not tried", "", "no leave to mount a small disk"))
            return
        process = self.go_on()
        filler = self.disk / "filler"
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        return self.expect("the disk is full", process, IO_FAILED, "No space left on device", filler.unlink)

    def files_may_not_grow(self):
        process = self.go_on()
        for rank in self.ranks(process):
            resource.prlimit(rank, resource.RLIMIT_FSIZE, (4096, 4096))
        return self.expect("a limit on the size of files", process, IO_FAILED, "File too large")

    def the_folder_is_read_only(self):
        process = self.go_on()
        made = True
        if os.geteuid() == 0:
            made = subprocess.run(["chattr", "+i", self.run_folder], capture_output=True).returncode == 0
        else:
            self.run_folder.chmod(0o555)
        if not made:
            process.send_signal(signal.SIGUSR1)
            return self.expect("the folder is read-only: not tried", process, STOPPED, "")

        def restore():
            if os.geteuid() == 0:
                subprocess.run(["chattr", "-i", self.run_folder], check=True)
            self.run_folder.chmod(0o755)
        self.addCleanup(lambda: self.run_folder.exists() and restore())
        return self.expect("the folder is read-only", process, IO_FAILED, "cannot .*(permitted|denied)", restore)

    def the_folder_vanishes(self):
        process = self.go_on()
        away = self.run_folder.rename(self.disk / "elsewhere")
        return self.expect("the folder vanishes", process, IO_FAILED, "No such file or directory", lambda: away.rename(self.run_folder))

    def a_rank_throws(self):
        if "ASAN_OPTIONS" in os.environ:
            self.seen.append(("one rank runs out of memory", "not tried", "", "the sanitizer has an allocator of its own"))
            return
        flag = self.folder / "fail"
        process = self.go_on(extra=("-x", f"LD_PRELOAD={MEMORY}", "-x", f"FAIL_ALLOCATION={flag}"))
        flag.touch()
        return self.expect("one rank runs out of memory", process, INTERNAL_ERROR, "out of memory")

    def a_rank_is_slow(self):
        process = self.go_on()
        rank = self.ranks(process)[1]
        os.kill(rank, signal.SIGSTOP)
        time.sleep(2)
        process.send_signal(signal.SIGUSR1)
        time.sleep(1)
        self.assertIsNone(process.poll())
        os.kill(rank, signal.SIGCONT)
        return self.expect("one rank is stopped for 3 s", process, STOPPED, "run again with --restart")

    def the_newest_checkpoint_is_damaged(self):
        *_, older, newest = self.checkpoints()
        data = bytearray(newest.read_bytes())
        data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
        newest.write_bytes(data[:self.random.choice([len(data), len(data) // 2, 0])])
        self.expected = self.steps_of_newest()
        process = self.go_on()
        process.send_signal(signal.SIGUSR1)
        self.expect("the newest checkpoint is damaged", process, STOPPED,
                            rf"warning: .*{newest.name}.*; continuing from .*{older.name}")

    QUICK = (the_disk_is_full, the_folder_is_read_only, the_newest_checkpoint_is_damaged, the_folder_vanishes, a_rank_throws,
             a_rank_is_slow)
    ALL = (*QUICK, one_rank_is_killed, all_ranks_are_killed, mpirun_is_killed, files_may_not_grow)

    def chain(self, faults):
        """One run through all the faults; it ends with the digest of an uninterrupted one."""
        self.run_study("reference", *LENGTH)
        for fault in faults:
            fault(self)
        continued, digest = self.finish()
        self.assertEqual(continued, self.expected)
        self.assertEqual(digest, self.digest("reference"))

    def test_fault_after_fault(self):
        self.chain(self.ALL if LONG else self.QUICK)

    @unittest.skipUnless(LONG, "long tier")
    def test_faults_in_other_orders(self):
        for _ in range(5):
            self.chain((Faults.a_rank_throws, Faults.a_rank_is_slow, *self.random.sample(self.ALL, len(self.ALL))))
            shutil.rmtree(self.run_folder)
            shutil.rmtree(self.folder / "reference")
            self.expected = None

    def kill_somehow(self, process, inside_checkpoint, one_rank):
        """Kills one rank, or all and mpirun, at a random time or while a checkpoint is being written; what was printed."""
        if inside_checkpoint:
            with contextlib.suppress(AssertionError):  # it may end before
                self.wait_for("a checkpoint", lambda: next(self.run_folder.glob("*.partial"), None), process)
            time.sleep(self.random.uniform(0.0, 0.005))
        else:
            time.sleep(self.random.uniform(0.2, 1.2))
        ranks = self.ranks(process)
        if one_rank and ranks:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.random.choice(ranks), signal.SIGKILL)
        else:
            self.kill_session(process)
        return self.end(process)

    def test_killed_at_random_times_and_in_checkpoints(self):
        self.run_folder = self.folder / "run"  # where there is room for what the dead leave
        self.run_study("reference", *LENGTH)
        reference = self.digest("reference")
        kills, inside, whole_runs = 0, 0, 0
        while kills < (200 if LONG else 4):
            process = self.start("run", self.study, "--out", self.run_folder, *LENGTH, *OFTEN, "--restart",
                                 ranks=self.random.choice([1, 2, 3]))
            code, output = self.kill_somehow(process, inside_checkpoint=kills % 2 == 1, one_rank=kills % 4 < 2)
            kills += code != DONE
            inside += any(self.run_folder.glob("*.partial"))
            self.assertNotRegex(output, r"warning: .*\.h5")  # of a checkpoint that cannot be used
            if code == DONE:
                whole_runs += 1
                self.assertEqual(self.digest(self.run_folder), reference)
                shutil.rmtree(self.run_folder)
        self.run_study(self.run_folder, *LENGTH, "--restart", ranks=2)
        self.assertEqual(self.digest(self.run_folder), reference)
        self.seen.append((f"{kills} SIGKILLs", "", "", f"{inside} of them while a file was being written; 0 unusable states; "
                          f"runs that came to their end, with the digest of an uninterrupted one: {whole_runs + 1}"))


if __name__ == "__main__":
    unittest.main()
