# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# For the tests of kmod/. $node is the node that the script moves.

nodes=/sys/devices/system/node
node=1

write() { # VALUE: what became of it: "moved", or the error
        local error
        error=$({ printf '%s\n' "$1" >$nodes/node"$node"/memtier_override; } 2>&1) &&
                echo moved || echo "${error##*: }"
}

read_file() { # what it says, or the error
        cat $nodes/node"$node"/memtier_override 2>&1 | sed 's/.*: //'
}

all_blocks() { # STATE, of the node's memory
        local block
        for block in "$nodes/node$node"/memory[0-9]*; do
                echo "$1" >"$block/state" || return
        done
}

# The kernel's own book on the node, node_memory_types[], out of /proc/kcore: how many devices it counts,
# the abstract distance of their type, and how many hold that type. One reader serves a whole script.
accounting() {
        local answer
        echo "$node" >&7
        IFS= read -r answer <&8
        echo "$answer"
}

book_reader='
import struct, sys
symbols = (line.split() for line in open("/proc/kallsyms"))
book = next(int(symbol[0], 16) for symbol in symbols if symbol[2] == "node_memory_types")
adistance, references = (16, 152) if sys.argv[1] == "6.1" else (32, 168)
entry = int(sys.argv[2])
core = open("/proc/kcore", "rb", buffering=0)

def read(address, form):
    core.seek(0)
    header = core.read(64)
    segments, count = struct.unpack_from("<Q", header, 32)[0], struct.unpack_from("<H", header, 56)[0]
    for i in range(count):
        core.seek(segments + 56 * i)
        kind, _, offset, start, _, size = struct.unpack("<IIQQQQ", core.read(40))
        if kind == 1 and start <= address < start + size:
            core.seek(offset + address - start)
            return struct.unpack(form, core.read(struct.calcsize(form)))
    raise LookupError(hex(address))

for line in sys.stdin:
    memtype, count = read(book + entry * int(line), "<Qi")
    if memtype:
        print(count, "of", *read(memtype + adistance, "<i"), "held by", *read(memtype + references, "<i"))
    else:
        print(count)
'

mkfifo /tmp/book-question /tmp/book-answer
exec 7<>/tmp/book-question 8<>/tmp/book-answer
python3 -u -c "$book_reader" "$KERNEL" "${book_entry:-16}" <&7 >&8 &
disown
