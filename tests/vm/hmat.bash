# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A HMAT made by hand, and what the kernel made of it.
#   make_table FILE REVISION LAT/BW...   one pair for each node from 0 on, as node 0's CPUs see it: ns and MB/s
#   damage FILE OFFSET BYTE              writes one byte (octal), so that the checksum is wrong
#   make_early FILE                      an uncompressed archive with that table, as this kernel's initrd
#   access_of NODE [CLASS [read|write]]  its latency and bandwidth in an access class, "none" without (default: 1 read)
#   values_of NODE                       those of all classes, each once: one pair if they agree
#   upgrades                             what the kernel says about tables from the initrd
#   prepare_initramfs_tools              lets update-initramfs make an initrd, as small as can be
#   run COMMAND...                       says what it printed, and sets output and status
#   equal_status NAME STATUS COMMAND...  runs it, and compares its exit status
#   cut_early                            leaves only the uncompressed head of the initrd, and lists it in early

initrd=/boot/initrd.img-$(uname -r)
output="" status=0

run() {
        output=$("$@" 2>&1)
        status=$?
        say "$*: exit status $status"
        show "$output"
}

equal_status() {
        run "${@:3}"
        equal "$1" "$2" "$status"
}

# ACPI 6.5, 5.2.28: one structure for each node that names its initiator, one for latency, one for bandwidth.
# The OEM IDs are QEMU's.
make_table() {
        python3 - "$@" <<'PYTHON'
import struct, sys
path, revision, pairs = sys.argv[1], int(sys.argv[2]), [tuple(map(int, p.split("/"))) for p in sys.argv[3:]]
body = bytes(4)
for i in range(len(pairs)):
    body += struct.pack("<HHIHHII20x", 0, 0, 40, 1, 0, 0, i)
for kind, unit, which in (0, 1000, 0), (3, 1, 1):
    data = struct.pack("<BBBBIIIQI", 0, kind, 0, 0, 1, len(pairs), 0, unit, 0)
    data += b"".join(struct.pack("<I", i) for i in range(len(pairs)))
    data += b"".join(struct.pack("<H", p[which]) for p in pairs)
    body += struct.pack("<HHI", 1, 0, 8 + len(data)) + data
table = bytearray(struct.pack("<4sIBB6s8sI4sI", b"HMAT", 36 + len(body), 2, 0, b"BOCHS ", b"BXPC    ", revision,
                              b"TEST", 1) + body)
table[9] = -sum(table) & 0xff
open(path, "wb").write(table)
PYTHON
}

damage() {
        # shellcheck disable=SC2059 # the byte is the format
        printf "\\$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

make_early() {
        local directory
        directory=$(mktemp -d)
        mkdir -p "$directory/kernel/firmware/acpi"
        cp "$1" "$directory/kernel/firmware/acpi/test.aml"
        (cd "$directory" && find kernel | cpio --quiet -o -H newc) >"$initrd"
}

access_of() {
        local initiators=/sys/devices/system/node/node$1/access${2-1}/initiators kind=${3-read}
        if [ -e "$initiators" ]; then
                echo "$(cat "$initiators/${kind}_latency" 2>/dev/null)/$(cat "$initiators/${kind}_bandwidth" 2>/dev/null)"
        else
                echo none
        fi
}

values_of() {
        local class kind
        for class in 0 1; do
                for kind in read write; do access_of "$1" $class $kind; done
        done | sort -u | xargs
}

upgrades() {
        dmesg | grep -E 'Table Upgrade|ACPI table found in initrd|HMAT'
}

# mkinitramfs as it is, with our hook alone: all others, and the scripts, take more than a minute under emulation, and
# nothing of what they pack is looked at. The host has no update-initramfs: that acts on the kernels in /boot whenever
# a package asks for it.
prepare_initramfs_tools() {
        find /usr/share/initramfs-tools/hooks -type f ! -name numatier -delete
        find /usr/share/initramfs-tools/scripts -mindepth 2 -type f -delete
        printf 'MODULES=list\nBUSYBOX=n\nCOMPRESS=gzip\nCOMPRESSLEVEL=1\n' >/etc/initramfs-tools/conf.d/numatier-test
        cat >/usr/sbin/update-initramfs <<'SCRIPT'
#!/bin/sh
exec mkinitramfs -o "/boot/initrd.img-$(uname -r)"
SCRIPT
        chmod 755 /usr/sbin/update-initramfs
        # what mkinitramfs and numatier look for in the kernel's configuration, which Debian has there
        printf '%s=y\n' CONFIG_RD_GZIP CONFIG_ACPI_TABLE_UPGRADE >"/boot/config-$(uname -r)"
        : >"$initrd"
}

# Leaves of the initrd its head alone, the uncompressed archive, if it has one; early: what is in that.
cut_early() {
        local blocks=0
        early=
        if cmp -s -n 6 "$initrd" <(echo 070701); then
                # shellcheck disable=SC2034 # for the script
                early=$(cpio -t <"$initrd" 2>/run/blocks)
                blocks=$(sed -n 's/ blocks\{0,1\}$//p' /run/blocks)
        fi
        truncate -s $((blocks * 512)) "$initrd"
}
