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

    def call(self, *arguments):
        result = subprocess.run([str(a) for a in arguments], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(result.returncode, 0, result.stdout)
        return result.stdout


if __name__ == "__main__":
    unittest.main()
