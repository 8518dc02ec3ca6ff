# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.1 6.12 7.3
# machines: dimm virtio-mem cxl
# timeout: 300

# shellcheck source=tests/vm/daemon.bash
. /run/payload/test/daemon.bash
# shellcheck source=tests/vm/virtio-mem.bash
. /run/payload/test/virtio-mem.bash
memory=/sys/devices/system/memory
if [ "$MACHINE" = cxl ]; then
        # shellcheck source=tests/vm/cxl.bash
        . /run/payload/test/cxl.bash
        wait_for 10 has_ends 1
fi

all() { # STATE ZONE
        local b n=0
        for b in $nodes/node1/memory[0-9]*; do
                [ -e "$b/state" ] || return
                [ "$(cat "$b/state")" = "$1" ] || return
                [ -z "$2" ] || [ "$(cat "$b/valid_zones")" = "$2" ] || return
                n=$((n + 1))
        done
        [ $n -gt 0 ]
}

become() { # STATE ZONE
        if wait_for 30 all "$1" "$2"; then
                ok "all blocks become $1 $2"
        else
                not_ok "all blocks become $1 $2: $(grep . $nodes/node1/memory[0-9]*/{state,valid_zones} | sed 's|.*/memory||' | paste -sd' ')"
                show "$(journalctl -u numatierd --no-pager | tail -20)"
        fi
}

plug() {
        case $MACHINE in
        dimm) qmp '{"execute": "device_add", "arguments": {"driver": "pc-dimm", "id": "d0", "memdev": "dimm0", "node": 1}}' >/dev/null ;;
        virtio-mem) resize 512 ;;
        cxl) make_region "$(ends)" ;;
        esac
}

unplug() {
        case $MACHINE in
        dimm) qmp '{"execute": "device_del", "arguments": {"id": "d0"}}' >/dev/null ;;
        virtio-mem) resize 0 ;;
        cxl) echo dax0.0 >$kmem/unbind; remove_region region0 ;;
        esac
}

online() { # WORD
        policy online "[online]" "online = $1"
        systemctl reload-or-restart numatierd
}
gone() { [ ! -e $nodes/node1 ]; }

[ "$MACHINE" = virtio-mem ] && modprobe virtio_mem
echo offline >$memory/auto_online_blocks
online movable
plug
become online Movable
show "$(journalctl -u numatierd --no-pager -o cat)"
online kernel
become online Normal
online no
become offline ""
online movable
become online Movable
# a block that somebody takes offline stays so
b=$(printf '%s\n' $nodes/node1/memory[0-9]* | tail -1)
echo offline >"$b/state"
systemctl restart numatierd
sleep 3
equal "left alone" offline "$(cat "$b/state")"
show "$(systemctl status numatierd --no-pager | head -20)"
echo online_movable >"$b/state"
show "$(cat /run/numatier/online)"
# killed in the middle
online kernel
for ((i = 0; i < 30; i++)); do
        systemctl kill -s KILL numatierd
        sleep 0.0$((RANDOM % 100))
        systemctl reset-failed numatierd
        systemctl start numatierd
        [ $((i % 2)) = 1 ] && online movable || online kernel
        sleep 0.$((RANDOM % 60))
done
online movable
sleep 1
become online Movable
show "$(cat /run/numatier/online)"
# unplugged and plugged in again
unplug
check "it goes" wait_for 30 gone
plug
become online Movable
# another is faster
echo online >$memory/auto_online_blocks
unplug
check "it goes" wait_for 30 gone
plug
become online Movable
online movable
sleep 2
show "$(journalctl -u numatierd --no-pager -o cat | tail -40)"
show "$(journalctl -u numatierd --no-pager -o cat | grep -i denied)"
healthy "the guest is well"
