# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.1 6.12 7.3
# machines: thread
# module: yes
# timeout: 240
# memtier_override on the thread's guest: every move, every refusal, and no trace after unloading.

# shellcheck source=tests/vm/moves.bash
. /run/payload/test/moves.bash
module=/run/payload/modules/memtier_override.ko

# A second module that makes the same file: this one, under another name where the loader looks.
make_twin() {
        python3 - "$(objdump -h $module)" $module /tmp/twin.ko <<'PY'
import sys
headers, source, target = sys.argv[1:]
data = bytearray(open(source, "rb").read())
for line in headers.splitlines():
    word = line.split()
    if len(word) > 5 and word[1] in (".modinfo", ".gnu.linkonce.this_module"):
        size, start = int(word[2], 16), int(word[5], 16)
        section = data[start:start + size].replace(b"memtier_override\0", b"memtier_overtwin\0")
        data[start:start + size] = section
open(target, "wb").write(data)
PY
}

before=$(ls /sys/devices/virtual/memory_tiering)
refuse "no indirect call in the module" \
        sh -c "objdump -dr $module | grep -E 'indirect_thunk|call +\*|jmp +\*'"
check "it loads" modprobe_override
check "it says its version" test -s /sys/module/memtier_override/version
try_moves
try_garbage

# Somebody holds memory_tier_lock, for good as far as the file can know.
lock=0x$(awk '$3 == "memory_tier_lock" { print $1; exit }' /proc/kallsyms)
insmod /run/payload/modules/kmod-hold.ko mutex="$lock" ms=4000 2>/dev/null &
sleep 0.5
start=$(date +%s%N)
equal "lock held: reading" "Resource temporarily unavailable" "$(read_file)"
equal "lock held: writing" "Resource temporarily unavailable" "$(write 5)"
took=$((($(date +%s%N) - start) / 1000000))
check "lock held: neither waited long ($took ms)" test $took -lt 3000
wait $!
equal "lock released: nothing was done" "memory_tier$home" "$(read_file)"

equal "node 0, with the CPUs, moves too" moved "$(node=0 write 3)"
equal "node 0 is there" 3 "$(tier_of 0)"
equal "leave node 1 moved" moved "$(write 9)"
make_twin
refuse "refused where the file exists" insmod /tmp/twin.ko
equal "with the right words" 1 "$(dmesg | grep -c 'node0 already has memtier_override')"
equal "and without harm" memory_tier9 "$(read_file)"

check "it unloads" rmmod memtier_override
refuse "the files are gone" ls $nodes/node*/memtier_override
equal "node 0 is back" 4 "$(tier_of 0)"
equal "node 1 is back" "$home" "$(tier_of 1)"
equal "no tier was left behind" "$before" "$(ls /sys/devices/virtual/memory_tiering)"
healthy "the guest is well"
