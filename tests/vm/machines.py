# SPDX-License-Identifier: LGPL-2.1-or-later
"""The shapes of machine that VM tests run on. A shape is a name, and after a colon its parameters:

    one-node                 one node, no HMAT
    plain:N                  node 0 with CPUs, N - 1 without, no HMAT
    thread                   the mailing-list thread's guest: hmat:10/10,20/5
    hmat:LAT/BW,LAT/BW...    node 0 with CPUs, the others without; LAT in ns, BW in MiB/s
    dram:LAT/BW,LAT/BW       the same, but nodes 0 and 1 both have CPUs
    two-sockets              nodes 0 and 1 with CPUs, slower nodes 2 and 3 near one each, node 4 slower still
    virtio-mem               node 1 is there only while a virtio-mem device (id vm0) has memory
    dimm                     node 1 is there only while a DIMM is plugged (memory backends dimm0, dimm1)
    cold-dimm                node 1 is a DIMM device that is present at boot
    small-fast               node 0 too small for the work, node 1 large and slow
    small-fast-dimm          the same with node 1 as a DIMM device that is present at boot
    two-cpu-nodes            nodes 0 and 1 with CPUs, nodes 1 and 2 with a DIMM that is present at boot
    cxl                      a CXL type 3 device behind a root port, no HMAT for it
    cxl2                     two of them, for two regions in one window
    cxl-port                 the root port alone; backends cxlmem0, 1 and 2 wait to be plugged
    hot-added:KIND[,WORD]    memory that can come in four parts, and is brought online as the kernel's own default
                             says: dimm (backends dimm0 to 3) or virtio-mem (vm0) for node 1, or cxl (device c0, serial
                             0x1234, and backend cxlmem0 for another). WORD is for the script
    cxl-generic-port         as cxl, with a generic port in SRAT and HMAT: CDAT figures
    guest-of:NAME            what `numatier guest` makes of the captured machine tests/machines/NAME, with less memory
"""

import pathlib
import re
import shlex
import subprocess

HERE = pathlib.Path(__file__).resolve().parent

program = "numatier"  # what guest-of runs; tests/vm/run sets the one that it tests

MIB = 1024 * 1024

Q35 = ["-M", "q35,hmat=on", "-cpu", "max", "-smp", "2"]


def backend(name, mib):
    return ["-object", f"memory-backend-ram,id={name},size={mib}M"]


def hmat_lb(target, latency, bandwidth, initiator=0):
    head = f"hmat-lb,initiator={initiator},target={target},hierarchy=memory"
    return ["-numa", f"{head},data-type=access-latency,latency={latency}",
            "-numa", f"{head},data-type=access-bandwidth,bandwidth={bandwidth * MIB}"]


def figures(text):
    """'10/10,20/5' -> [(10, 10), (20, 5)]"""
    return [tuple(int(x) for x in pair.split("/")) for pair in text.split(",")]


def hmat(parameters, sizes=(768,), with_cpus=1):
    """Nodes of the given sizes (the last repeats, a third of it for nodes without CPUs)."""
    nodes = figures(parameters)
    size = [sizes[i] if i < len(sizes) else 256 for i in range(len(nodes))]
    args = [*Q35, "-m", f"{sum(size)}M"]
    if with_cpus > 1:
        args += ["-smp", "2,sockets=2"]  # one that spans nodes makes the kernel warn
    for i, (latency, bandwidth) in enumerate(nodes):
        where = f"cpus={i}" if with_cpus > 1 and i < with_cpus else \
            "cpus=0-1" if i == 0 else "initiator=0"
        args += backend(f"ram-node{i}", size[i])
        args += ["-numa", f"node,nodeid={i},{where},memdev=ram-node{i}"]
    for i, (latency, bandwidth) in enumerate(nodes):
        initiator = i if i < with_cpus else 0
        args += hmat_lb(i, latency, bandwidth, initiator)
        if with_cpus > 1:
            for other in range(with_cpus):
                if other != initiator:
                    args += hmat_lb(i, latency * 2, max(bandwidth // 2, 1), other)
    return args


def two_sockets(_):
    distances = {(0, 1): 21, (0, 2): 14, (0, 3): 24, (0, 4): 30, (1, 2): 24, (1, 3): 14, (1, 4): 40, (2, 3): 28,
                 (2, 4): 34, (3, 4): 44}
    args = hmat("10/10,10/10,20/5,20/5,40/2", sizes=(768, 512), with_cpus=2)
    for (source, target), distance in distances.items():
        args += ["-numa", f"dist,src={source},dst={target},val={distance}"]
    return args


def one_node(_):
    return ["-M", "q35", "-cpu", "max", "-smp", "2", "-m", "1G"]


def plain(parameters):
    args = ["-M", "q35", "-cpu", "max", "-smp", "2", "-m", f"{768 + 256 * (int(parameters) - 1)}M"]
    for i in range(int(parameters)):
        args += backend(f"ram-node{i}", 256 if i else 768)
        args += ["-numa", f"node,nodeid={i},memdev=ram-node{i}" + ("" if i else ",cpus=0-1")]
    return args


def hotplug_base(mib, extra_nodes=1):
    """Node 0 with everything, nodes 1.. empty and described by HMAT."""
    args = [*Q35, "-m", f"{mib}M,slots=4,maxmem=8G", *backend("ram-node0", mib),
            "-numa", "node,nodeid=0,cpus=0-1,memdev=ram-node0"]
    for i in range(1, extra_nodes + 1):
        args += ["-numa", f"node,nodeid={i},initiator=0"]
    return args + hmat_lb(0, 10, 10) + [a for i in range(1, extra_nodes + 1)
                                        for a in hmat_lb(i, 20, 5)]


def virtio_mem(_):
    return hotplug_base(1024) + backend("vmem0", 1024) + \
        ["-device", "virtio-mem-pci,id=vm0,memdev=vmem0,node=1,requested-size=0"]


def dimm(_):
    return hotplug_base(1024) + backend("dimm0", 512) + backend("dimm1", 512)


def cold_dimm(_):
    return hotplug_base(1024) + backend("dimm0", 512) + ["-device", "pc-dimm,id=d0,memdev=dimm0,node=1"]


def small_fast(_):
    return hmat("10/10,20/5", sizes=(640, 1024))


def small_fast_dimm(_):
    return hotplug_base(640) + backend("dimm0", 1024) + \
        ["-device", "pc-dimm,id=d0,memdev=dimm0,node=1"]


def two_cpu_nodes(_):
    return [*Q35, "-smp", "2,sockets=2", "-m", "768M,slots=4,maxmem=8G", *backend("ram-node0", 768),
            "-numa", "node,nodeid=0,cpus=0,memdev=ram-node0", "-numa", "node,nodeid=1,cpus=1",
            "-numa", "node,nodeid=2,initiator=0", *hmat_lb(0, 10, 10), *hmat_lb(2, 20, 5),
            *backend("dimm0", 256), "-device", "pc-dimm,id=d0,memdev=dimm0,node=1",
            *backend("dimm1", 512), "-device", "pc-dimm,id=d1,memdev=dimm1,node=2"]


def cxl_base(generic_port=False):
    args = ["-M", "q35,cxl=on,hmat=on,cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G",
            "-cpu", "max,-hypervisor", "-smp", "2", "-m", "1024M,slots=4,maxmem=8G",
            *backend("ram-node0", 1024), "-numa", "node,nodeid=0,cpus=0-1,memdev=ram-node0",
            "-device", "pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1",
            "-device", "cxl-rp,port=0,bus=cxl.1,id=rp0,chassis=0,slot=2",
            *backend("cxlmem0", 512), *backend("cxlmem1", 512)]
    if generic_port:
        args += ["-numa", "node,nodeid=1",
                 "-object", "acpi-generic-port,id=gp0,pci-bus=cxl.1,node=1"]
    args += hmat_lb(0, 10, 100000)
    return args + (hmat_lb(1, 20, 50000) if generic_port else [])


def cxl_device(i, serial, port="rp0"):
    return ["-device", f"cxl-type3,bus={port},volatile-memdev=cxlmem{i},id=cxl-vmem{i},sn={serial}"]


def cxl(_):
    return cxl_base() + cxl_device(0, 0x1234)


# With one port, the host bridge takes one region.
SECOND_PORT = ["-device", "cxl-rp,port=1,bus=cxl.1,id=rp1,chassis=0,slot=3"]


def cxl2(_):
    return cxl_base() + SECOND_PORT + \
        cxl_device(0, 0x1234) + cxl_device(1, 0x5678, "rp1")


def cxl_port(_):
    return cxl_base() + backend("cxlmem2", 512)  # QEMU's devices keep theirs when they go


def hot_added(parameters):
    kind = parameters.partition(",")[0]
    if kind == "virtio-mem":
        return virtio_mem(None)
    if kind == "dimm":
        return hotplug_base(1024) + [a for i in range(4) for a in backend(f"dimm{i}", 256)]
    return cxl_base() + SECOND_PORT + backend("cxlmem2", 1024) + \
        ["-device", "cxl-type3,bus=rp0,volatile-memdev=cxlmem2,id=c0,sn=4660"]


def cxl_generic_port(_):
    return cxl_base(generic_port=True) + cxl_device(0, 0x1234)


def ask(name, *verb):
    """What numatier says of a captured machine, under the policy of the package."""
    return subprocess.run([program, *verb, "--machine", HERE.parent / "machines" / name / "machine",
                           "--config", HERE.parents[1] / "conf/numatierd.conf"],
                          check=True, stdout=subprocess.PIPE, text=True).stdout


def guest_of(name):
    """This machine has no such nodes to take memory from: host-nodes and policy are left out."""
    nodes = len(re.findall("^# Guest node ", ask(name, "guest", "--format", "qemu"), re.M))
    script = ask(name, "guest", "--format", "qemu", "--cpus", "1",
                 "--memory", ",".join(["768M", *["256M"] * (nodes - 1)]))
    script = re.sub(r",host-nodes=\d+,policy=bind", "", script).replace("\\\n", " ")
    return ["-cpu", "max", *shlex.split(script, comments=True)[1:-1]]


SHAPES = {
    "one-node": one_node,
    "plain": plain,
    "thread": lambda _: hmat("10/10,20/5", sizes=(1024, 512)),
    "hmat": hmat,
    "dram": lambda p: hmat(p, sizes=(768, 512), with_cpus=2),
    "two-sockets": two_sockets,
    "virtio-mem": virtio_mem,
    "dimm": dimm,
    "cold-dimm": cold_dimm,
    "small-fast": small_fast,
    "small-fast-dimm": small_fast_dimm,
    "two-cpu-nodes": two_cpu_nodes,
    "cxl": cxl,
    "cxl2": cxl2,
    "cxl-port": cxl_port,
    "hot-added": hot_added,
    "cxl-generic-port": cxl_generic_port,
    "guest-of": guest_of,
}

# The memory that these shapes plug is to be removable again.
MOVABLE = {"virtio-mem", "dimm", "cold-dimm", "small-fast-dimm", "two-cpu-nodes", "cxl", "cxl2", "cxl-port",
           "cxl-generic-port"}


def arguments(shape):
    name, _, parameters = shape.partition(":")
    if name not in SHAPES:
        raise RuntimeError(f"unknown machine '{shape}'")
    return SHAPES[name](parameters)


def files(shape):
    """What else the script reads: name -> text."""
    kind, _, parameters = shape.partition(":")
    if kind != "guest-of":
        return {}
    return {"host.json": ask(parameters, "status", "--json"), "guest": ask(parameters, "guest", "--format", "qemu")}


def command_line(shape):
    return "memhp_default_state=online_movable" if shape.partition(":")[0] in MOVABLE else ""
