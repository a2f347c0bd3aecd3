"""Fuzzing of all that is read from files: study files, IDX and HDF5 data, checkpoints. No crash, no hang, no silent acceptance.

Builds the preset `fuzz` and runs each fuzzer for BLOCKSPIN_FUZZ_SECONDS (60) of its own CPU time, however busy the machine is,
from tests/fuzz/corpus and, for studies, inputs/; new inputs stay in build/fuzz/corpus. A crash leaves its input beside them, and
is repeated by build/fuzz/fuzz/fuzz_NAME FILE. One hour in all: BLOCKSPIN_FUZZ_SECONDS=900.
  keep: build/fuzz/fuzz/fuzz_NAME -merge=1 tests/fuzz/corpus/NAME build/fuzz/corpus/NAME"""
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "fuzz"
CLANG = "clang++-19"
SECONDS = int(os.environ.get("BLOCKSPIN_FUZZ_SECONDS", "60"))


@unittest.skipUnless(shutil.which(CLANG), f"needs {CLANG} (clang-19, libclang-rt-19-dev, libomp-19-dev)")
class Campaign(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for command in (["cmake", "--preset", "fuzz"], ["cmake", "--build", BUILD, "--target", "fuzzers"]):
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)

    def fuzz(self, name, seeds=(), options=()):
        work = BUILD / "corpus" / name
        work.mkdir(parents=True, exist_ok=True)
        kept = ROOT / "tests" / "fuzz" / "corpus" / name
        program = [BUILD / "fuzz" / f"fuzz_{name}", "-timeout=60", "-rss_limit_mb=3000", "-print_final_stats=1",
                   f"-artifact_prefix={work.parent}/{name}-", *options]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1"}
        begin, used, done = cpu_seconds(), 0.0, 0
        while used < SECONDS:
            command = [*program, f"-max_total_time={min(300, int(SECONDS - used) + 1)}", work, kept, *seeds]
            result = subprocess.run([str(word) for word in command], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.PIPE, text=True, errors="replace")
            self.assertEqual(result.returncode, 0, result.stderr[-4000:])
            done += int(re.search(r"number_of_executed_units: (\d+)", result.stderr)[1])
            used = cpu_seconds() - begin
        print(f"{name}: {done} inputs in {used:.0f} s of CPU time, none of them crashed, hung or was wrongly accepted", flush=True)

    def test_study_files(self):
        schema = json.loads(subprocess.run([os.environ["BLOCKSPIN"], "schema", "--json"], check=True, stdout=subprocess.PIPE).stdout)
        dictionary = BUILD / "study.dict"
        dictionary.write_text("".join(f'"{word}"\n' for word in sorted(set(words(schema)))))
        seeds = BUILD / "seeds" / "study"
        seeds.mkdir(parents=True, exist_ok=True)
        for file in ROOT.glob("inputs/**/*.toml"):
            shutil.copy(file, seeds / "-".join(file.relative_to(ROOT / "inputs").parts))
        self.fuzz("study", [seeds], [f"-dict={dictionary}", "-max_len=4096"])

    def test_idx_files(self):
        self.fuzz("idx", options=["-max_len=256"])

    def test_hdf5_files(self):
        self.fuzz("hdf5", options=["-max_len=512"])

    def test_checkpoints(self):
        self.fuzz("checkpoint", options=["-max_len=64"])


def cpu_seconds():
    """User time of the children that have ended."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime


def words(node):
    """Every text of a JSON document that could stand in a study: keys, choices, names."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from words(key)
            yield from words(value)
    elif isinstance(node, list):
        for value in node:
            yield from words(value)
    elif isinstance(node, str) and re.fullmatch(r"[\w.\-]{2,40}", node):
        yield node


if __name__ == "__main__":
    unittest.main()
