# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.1 7.3
# machines: small-fast-dimm
# module: yes
# timeout: 300
# What tests/demo shows. The first characters of a line tell it how: "##" a heading, "$ " a command as a
# user would type it, "++" good, "!!" bad.

# shellcheck source=tests/vm/work.bash
. /run/payload/test/work.bash

as_typed() {
        local out
        say "\$ $*"
        out=$("$@" 2>&1)
        [ -z "$out" ] || show "$out"
}

show_work() {
        say "\$ numactl --membind=0 PROGRAM    (it touches $work_mib MiB)"
        if [ "$(work)" = finished ]; then
                say "++ it finishes; $(($(demoted_pages) / 256)) MiB of cold pages went down to node 1"
                [ "$1" = finishes ]
        else
                say "!! killed: out of memory, with $(mib_of MemFree 1) MiB free in node 1"
                [ "$1" = killed ]
        fi
}

swapoff -a
echo 1 >/sys/kernel/mm/numa/demotion_enabled
# Neither kernel has a guard that numatier sets by itself (numatierd.conf(5), demotion); no memory
# runs out here.
mkdir -p /etc/numatier/numatierd.conf.d
printf '[apply]\ndemotion = force\n' >/etc/numatier/numatierd.conf.d/demo.conf
cat >/etc/modprobe.d/numatier-demo.conf <<'CONF'
install memtier_override insmod /run/payload/modules/memtier_override.ko
CONF

say "## Linux $(uname -r), as shipped"
say "Node 0 has the CPUs and little memory; node 1 has more, and HMAT says that it is slower. No swap,"
say "demotion is on. A program of node 0 needs a little more than node 0 can give."
say ""
as_typed numatier --no-legend
say ""
if show_work killed; then ok "before: killed"; else not_ok "before: not killed"; fi

say ""
say "## Two commands later (no stock kernel can move a node: the module is numatier's own)"
as_typed modprobe memtier_override
as_typed systemctl start numatierd
show "$(journalctl -u numatierd -o cat --no-pager | grep -E '^Moved')"
say ""
as_typed numatier
say ""
if show_work finishes; then ok "after: alive"; else not_ok "after: not alive"; fi
say ""
