"""A Slurm cluster of one node, this machine, for tests: munged, slurmctld and slurmd on the loopback interface."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

DAEMONS = ("munged", "slurmctld", "slurmd")
CONFIGURATION = """\
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CryptoType=crypto/munge
AuthInfo=socket={base}/munge.socket
CommunicationParameters=NoAddrCache,NoCtldInAddrAny,NoInAddrAny
SlurmctldPort={port}
SlurmdPort={node_port}
StateSaveLocation={base}/state
SlurmdSpoolDir={base}/spool
SlurmctldPidFile={base}/slurmctld.pid
SlurmdPidFile={base}/slurmd.pid
SlurmctldLogFile={base}/slurmctld.log
SlurmdLogFile={base}/slurmd.log
SwitchType=switch/none
MpiDefault=pmix
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
JobAcctGatherType=jobacct_gather/linux
AccountingStorageType=accounting_storage/none
JobRequeue=1
KillWait=5
MinJobAge=600
ReturnToService=2
SlurmdTimeout=60
NodeName={host} NodeAddr=127.0.0.1 NodeHostname={host} CPUs={cpus} Sockets=1 CoresPerSocket={cpus} ThreadsPerCore=1 RealMemory={memory} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP OverSubscribe=YES
"""


def why_not():
    """Why no cluster can be started here; empty if one can."""
    missing = [name for name in (*DAEMONS, "sbatch") if shutil.which(name) is None]
    if missing:
        return f"{', '.join(missing)} not installed (slurm-wlm, slurm-wlm-basic-plugins, munge)"
    return "" if os.geteuid() == 0 else "the daemons must be started by root"


class OneNodeSlurm:
    """Started by start(), stopped by stop(). `environment` is what Slurm's commands need to find it."""

    def __init__(self, folder, cpus=8, port=26817):
        self.base = pathlib.Path(folder)
        self.environment = {"SLURM_CONF": str(self.base / "slurm.conf")}
        self.values = {"host": socket.gethostname().split(".")[0], "base": self.base, "cpus": cpus, "port": port,
                       "node_port": port + 1, "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20 - 512}

    def start(self):
        self.base.chmod(0o755)
        for name in ("state", "spool"):
            (self.base / name).mkdir()
        (self.base / "slurm.conf").write_text(CONFIGURATION.format(**self.values))
        key = self.base / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(64))
        self._daemon("munged", "--force", f"--key-file={key}", f"--socket={self.base}/munge.socket",
                     f"--pid-file={self.base}/munged.pid", f"--log-file={self.base}/munged.log", f"--seed-file={self.base}/munge.seed")
        self._daemon("slurmctld", "-f", self.base / "slurm.conf")
        self._daemon("slurmd", "-f", self.base / "slurm.conf", "-N", self.values["host"])
        for _ in range(300):
            if self.command("sinfo", "-h", "-o", "%T").strip() in ("idle", "mixed", "allocated"):
                return
            time.sleep(0.1)
        raise RuntimeError(f"the node did not come up: {(self.base / 'slurmctld.log').read_text()[-2000:]}")

    def stop(self):
        self.command("scancel", "--user=root")
        time.sleep(1)
        for name in reversed(DAEMONS):
            file = self.base / f"{name}.pid"
            if file.exists():
                self._terminate(int(file.read_text()))

    def command(self, *arguments, cwd=None, **environment):
        """Standard output of one of Slurm's commands. CalledProcessError if it fails."""
        return subprocess.run([str(a) for a in arguments], env={**os.environ, **self.environment, **environment}, cwd=cwd,
                              text=True, stdout=subprocess.PIPE, timeout=60, check=True).stdout

    def jobs(self):
        """Numbers of the jobs that have not ended."""
        return self.command("squeue", "--noheader", "--format=%i", "--states=PENDING,CONFIGURING,RUNNING,COMPLETING").split()

    def job(self, number):
        """What scontrol tells of a job, by key."""
        text = self.command("scontrol", "--oneliner", "show", "job", number)
        return dict(entry.split("=", 1) for entry in text.split() if "=" in entry)

    @staticmethod
    def _terminate(process):
        """Asks a process to end and waits until it has."""
        try:
            os.kill(process, signal.SIGTERM)
            for _ in range(300):
                os.kill(process, 0)
                time.sleep(0.1)
        except ProcessLookupError:
            pass

    def _daemon(self, *arguments):
        subprocess.run([str(a) for a in arguments], env={**os.environ, **self.environment}, check=True, timeout=60)
