"""The installed package is found, compiled against and linked by another project, from wherever it lies."""
import os
import pathlib
import subprocess
import tempfile
import unittest

from blockspin import ROOT

BUILD = os.environ["BLOCKSPIN_BUILD"]


class Package(unittest.TestCase):
    def test_a_consumer_project_finds_and_links_it(self):
        with tempfile.TemporaryDirectory(prefix="blockspin-install-") as folder:
            prefix, moved, build = (pathlib.Path(folder) / name for name in ("prefix", "moved", "build"))
            self.call("cmake", "--install", BUILD, "--prefix", prefix)
            prefix.rename(moved)
            self.call("cmake", "-G", "Ninja", "-S", ROOT / "tests" / "install" / "consumer", "-B", build, f"-DCMAKE_PREFIX_PATH={moved}")
            self.call("cmake", "--build", build)
            self.assertIn("E/N", self.call(build / "consumer"))
            self.assertIn("blockspin", self.call(moved / "bin" / "blockspin", "--version"))
            self.assertIn(".SS run", (moved / "share" / "man" / "man1" / "blockspin.1").read_text())
            self.assertIn("run check", self.complete(moved, "blockspin", ""))
            self.assertIn("--restart", self.complete(moved, "blockspin", "run", "--re"))

    def complete(self, prefix, *words):
        """What bash offers after these words of a command line."""
        script = prefix / "share" / "bash-completion" / "completions" / "blockspin"
        line = " ".join(f"'{word}'" for word in words)
        return self.call("bash", "-c", f'. {script}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _blockspin; echo "${{COMPREPLY[*]}}"')

    def call(self, *arguments):
        result = subprocess.run([str(a) for a in arguments], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(result.returncode, 0, result.stdout)
        return result.stdout


if __name__ == "__main__":
    unittest.main()
