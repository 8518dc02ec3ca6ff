# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The machine virtio-mem: node 1 as large as it is told to be.

resize() { # MIB
        qmp '{"execute": "qom-set", "arguments": {"path": "vm0", "property": "requested-size", "value": '$(($1 << 20))'}}' >/dev/null
}

size() { # MIB: and wait until the guest has followed
        resize "$1"
        if [ "$1" = 0 ]; then
                wait_for 30 test ! -e /sys/devices/system/node/node1
        else
                wait_for 30 has_mib "$1"
        fi
}

has_mib() { # MIB: in blocks of 128 MiB
        [ "$(cat /sys/devices/system/node/node1/memory[0-9]*/state | grep -c '^online$')" = $(($1 / 128)) ]
}
