# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12 7.3
# spread: 1
# machines: virtio-mem
# timeout: 600
# Reading nodelist while its tier is being destroyed hangs memory hotplug until the machine is
# rebooted. So numatierd and every command of numatier, in a loop, through 20 plugs and unplugs,
# without the module that knows better; then the same reading blindly, so that we know that this test
# would see it.

# shellcheck source=tests/vm/virtio-mem.bash
. /run/payload/test/virtio-mem.bash

# Exit statuses of the commands, a file for each status that came; 128 and more is a crash.
commands() {
        while [ -e /run/loop ]; do
                for command in status plan 'explain 0' 'explain 1' check capture apply restore 'status --json' \
                        doctor; do
                        # shellcheck disable=SC2086
                        numatier --no-pager $command &>/tmp/output
                        echo $? >>"/tmp/statuses"
                done
        done
}

# The daemon publishes what it read, and forgets it when memory goes.
has_read() {
        grep -q '^node 1 18$' /run/numatier/view
}

check "numatierd runs" systemctl start numatierd
touch /run/loop
commands &
loop=$!
failed=0
known=0
for cycle in {1..20}; do
        size 128 || failed=$((failed + 1))
        # the daemon dares to read two seconds after the last event: unplug around that moment
        sleep "$(bc <<<"1.0 + $cycle * 0.06")"
        has_read && known=$((known + 1))
        size 0 || failed=$((failed + 1))
done
rm /run/loop
equal "20 cycles of plug and unplug" 0 $failed
check "the commands end" wait_for 20 test ! -e "/proc/$loop"
equal "none crashed" 0 "$(awk '$1 >= 126' /tmp/statuses | wc -l)"
say "$(wc -l </tmp/statuses) commands, nodelist read in $known of 20 cycles"
equal "the daemon never died" 0 "$(systemctl show -P NRestarts numatierd)"
check "it is told of a last plug" size 128
check "and reads its tier" wait_for 10 has_read
check "it stops" systemctl stop numatierd
healthy "nothing hangs"

# The same, blindly
blind() { # without a process for each read, which would be too slow to hit the moment
        local file
        while :; do
                for file in /sys/devices/virtual/memory_tiering/memory_tier*/nodelist; do
                        read -r _ <"$file"
                done
        done 2>/dev/null
}
hangs() {
        ! size 0 && stuck_tasks >/tmp/stuck
}
blind &
blind &
for _ in 1 2 3; do
        hangs && break
        size 128
done
if [ -s /tmp/stuck ]; then
        ok "read blindly it hangs, and this test sees it"
        show "$(cat /tmp/stuck)"
        # Memory that is for ever on its way out is never quiet: numatierd keeps off.
        check "numatierd starts on the hung kernel" timeout 30 systemctl start numatierd
        sleep 4
        check "and says that it waits" grep -q 'memory is changing' \
                <<<"$(systemctl show -P StatusText numatierd)"
        check "and stops" timeout 30 systemctl stop numatierd
        refuse "and does not hang with it" pgrep -r D numatier
        # Nor does numatier doctor, which names the tasks
        timeout 60 numatier doctor >/tmp/diagnosis 2>&1
        equal "numatier doctor says that this is an error" 2 $?
        show "$(grep -A40 '^Error' /tmp/diagnosis)"
        check "which one" grep -q '^ *id *hotplug-stuck$' /tmp/diagnosis
        check "and where the tasks wait" eval "grep -q nodelist_show /tmp/diagnosis &&
                grep -q kernfs_drain /tmp/diagnosis"
        check "numatier capture ends" eval "timeout 60 numatier capture >/tmp/captured"
        equal "the capture says the same" "$(awk '$1 == "id"' /tmp/diagnosis)" \
                "$(numatier doctor --machine /tmp/captured | awk '$1 == "id"')"
elif [ "$KERNEL" = 6.12 ]; then
        not_ok "read blindly it hangs, and this test sees it"
else
        skip "read blindly it hangs, and this test sees it" "not in this run"
fi
