# SPDX-License-Identifier: LGPL-2.1-or-later
"""A virtual machine in QEMU that runs a test script, and what the script reports.

The script talks on the guest's second serial line: "begins", "ok NAME", "not ok NAME", "skip NAME # WHY",
"qmp JSON" (a command for QEMU, answered by one line), "done"; report.bash has the functions. Everything
else it prints is shown as a comment.
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import machines

HERE = pathlib.Path(__file__).resolve().parent

print_lock = threading.Lock()


def say(text):
    with print_lock:
        print(text, flush=True)


def cache_dir():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ.get("HOME", "/root"), ".cache")
    return pathlib.Path(base) / "numatier"


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def get_tree(name):
    return pathlib.Path(output_of(HERE / "tree", name))


def header_of(script):
    """The lines "# KEY: VALUE" of a script."""
    return dict(re.findall(r"^# ([a-z]+): (.*)$", script.read_text(), re.M))


class Guest:
    """One virtual machine that runs one test; counts what the script reports. A kind of guest defines
    make_payload() and command(payload)."""

    def __init__(self, label, timeout, options):
        self.label, self.timeout, self.options = label, timeout, options
        self.passed = self.failed = self.skipped = 0
        self.done = False
        self.log = options.logs / re.sub(r"[^A-Za-z0-9.=-]+", "-", self.label).strip("-")
        self.log.mkdir(parents=True, exist_ok=True)

    def qemu(self, shape):
        """The start of QEMU's command line: the program, the machine, its serial lines and QMP."""
        tree = get_tree("qemu")
        lib = tree / "usr/lib/x86_64-linux-gnu"
        return [
            "setpriv", "--pdeathsig", "KILL",  # it ends with what started it
            tree / "lib64/ld-linux-x86-64.so.2", "--library-path",
            f"{lib}:{tree / 'lib/x86_64-linux-gnu'}:{lib / 'pulseaudio'}",
            tree / "usr/bin/qemu-system-x86_64", "-L", tree / "usr/share/qemu",
            "-L", tree / "usr/share/seabios",
            "-nodefaults", "-display", "none",
            "-accel", os.environ.get("NUMATIER_ACCEL", "tcg"),
            *machines.arguments(shape),
            "-chardev", f"socket,id=console,path={self.dir}/console,server=on,wait=off,logfile={self.log}/console",
            "-serial", "chardev:console",
            "-chardev", f"socket,id=control,path={self.dir}/control,server=on,wait=off",
            "-serial", "chardev:control",
            "-chardev", f"socket,id=qmp,path={self.dir}/qmp,server=on,wait=off",
            "-mon", "chardev=qmp,mode=control",
        ]

    @staticmethod
    def share(tag, path):
        """A directory for the guest to read; on the root bus, for a CXL bus takes nothing but bridges."""
        return ["-fsdev", f"local,security_model=none,readonly=on,multidevs=remap,id={tag},path={path}",
                "-device", f"virtio-9p-pci,bus=pcie.0,fsdev={tag},mount_tag={tag}"]

    def connect(self, name):
        sock = socket.socket(socket.AF_UNIX)
        for _ in range(300):
            try:
                sock.connect(str(self.dir / name))
                return sock
            except OSError:
                if self.process.poll() is not None:
                    raise RuntimeError("QEMU ended: " + (self.log / "qemu").read_text().strip())
                time.sleep(0.1)
        raise RuntimeError(f"no {name} socket")

    def qmp(self, command):
        """One QMP command, given as a JSON text; its answer as one line."""
        self.qmp_file.write(command + "\n")
        self.qmp_file.flush()
        while True:
            answer = json.loads(self.qmp_file.readline())
            if "return" in answer or "error" in answer:
                return json.dumps(answer)

    def report(self, line):
        word = line.split(" ", 1)[0]
        if line.startswith("not ok "):
            self.failed += 1
            say(f"not ok {self.label} {line[7:]}")
        elif word == "ok":
            self.passed += 1
            if not self.options.plain:
                say(f"ok {self.label} {line[3:]}")
        elif word == "skip":
            self.skipped += 1
            say(f"ok {self.label} {line[5:].replace('#', '# SKIP', 1)}")
        elif word == "begins":
            self.begun = True
        elif word == "done":
            self.done = True
        elif word == "qmp":
            answer = self.qmp(line[4:])
            self.control.sendall(answer.encode() + b"\n")
            say(f"# {self.label} {line} -> {answer}")
        elif self.options.plain:
            say(line)
        elif line:
            say(f"# {self.label} {line}")

    def follow(self):
        """Reads the control line until the guest is through or its time is."""
        deadline = time.monotonic() + self.timeout
        pending = b""
        self.control.settimeout(1)
        with open(self.log / "control", "wb") as log:
            while not self.done and self.process.poll() is None:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"no end after {self.timeout} s")
                if self.has_lost_timer():
                    raise RuntimeError("a CPU's timer stopped before the script began")
                try:
                    data = self.control.recv(65536)
                except socket.timeout:
                    continue
                if not data:
                    break
                log.write(data)
                *lines, pending = (pending + data).split(b"\n")
                for line in lines:
                    self.report(line.decode(errors="replace").rstrip("\r"))

    def console_text(self):
        path = self.log / "console"
        return path.read_text(errors="replace") if path.exists() else ""

    def console_tail(self):
        return "\n".join(self.console_text().splitlines()[-25:])

    def fail(self, why):
        self.failed += 1
        say(f"not ok {self.label} {why}\n" + "\n".join("#   " + l for l in self.console_tail().splitlines()))

    def boot(self):
        """From power on to the end of the script; returns what went wrong, or None."""
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="numatier-vm-"))
        self.process = None
        self.begun = False
        try:
            command = self.command(self.make_payload())
            with open(self.log / "qemu", "wb") as log:
                self.process = subprocess.Popen([str(a) for a in command], stdin=subprocess.DEVNULL,
                                                stdout=log, stderr=log)
            self.control = self.connect("control")
            qmp = self.connect("qmp")
            qmp.settimeout(60)  # a command that QEMU does not understand may have no answer
            self.qmp_file = qmp.makefile("rw")
            self.qmp_file.readline()
            self.qmp('{"execute": "qmp_capabilities"}')
            (self.dir / "disk").unlink(missing_ok=True)  # QEMU has it open; it is large
            self.follow()
            return None if self.done else "the guest ended before its script"
        except (RuntimeError, OSError, ValueError, subprocess.CalledProcessError) as error:
            return str(error)
        finally:
            if self.process:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(0 if self.done else 3)  # it may be about to end by itself
                self.process.kill()
                self.process.wait()
            shutil.rmtree(self.dir, ignore_errors=True)

    def has_crashed(self):
        """Whether QEMU itself did, not the guest: its emulation of several CPUs has a race that ends in an
        assertion of iotlb_to_section()."""
        if self.process is None or self.process.returncode not in (-signal.SIGABRT, -signal.SIGSEGV):
            return False
        say(f"# {self.label} QEMU crashed: " + (self.log / "qemu").read_text(errors="replace").strip())
        return True

    def has_lost_timer(self):
        """Whether the stock kernel, before anything under test ran, says that a CPU gets no more timer
        interrupts: the emulation of several CPUs has lost one, and that CPU sleeps for ever."""
        return not self.begun and "Possible timer handling issue on cpu=" in self.console_text()

    def is_fault_of_emulator(self, error):
        if self.has_crashed():
            return True
        if self.has_lost_timer():
            say(f"# {self.label} {error}; it is started again")
            return True
        return False

    def run(self):
        start = time.monotonic()
        tries = 3  # what a try has reported before QEMU crashed stays reported
        while (error := self.boot()) and self.is_fault_of_emulator(error) and (tries := tries - 1):
            pass
        if error:
            self.fail(error)
        if self.passed + self.failed + self.skipped == 0:
            self.fail("the script reported nothing")
        if not self.options.plain:
            say(f"# {self.label} took {time.monotonic() - start:.0f} s")
        return self


def option_parser(description):
    """With the options that everything that runs guests has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--machine", action="append", help="instead of the machines the test names")
    parser.add_argument("--jobs", type=int, default=2, help="guests at the same time")
    parser.add_argument("--logs", type=pathlib.Path, default=cache_dir() / "vm-logs")
    parser.add_argument("--plain", action="store_true", help="show the script's own lines unadorned")
    parser.add_argument("test", nargs="*", type=pathlib.Path)
    return parser


def run_all(guests, options):
    """Runs them, and says what came of it; returns the exit status."""
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        done = list(pool.map(lambda guest: guest.run(), guests))
    passed, failed, skipped = (sum(getattr(g, n) for g in done) for n in ("passed", "failed", "skipped"))
    if not options.plain:
        say(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not done else 0
