# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Runs the stage of a scene that is due in this boot, with the functions of report.bash, and these:
#   next_stage             reboots; the scene goes on with its next stage
#   repositories PATH...   from now on apt installs from these, and only these: packages and next (ours),
#                          dependencies, headers, kernel and build (tests/packages/image)
# shellcheck source=tests/vm/report.bash
. /run/payload/test/report.bash

stage_file=/var/lib/scene/stage

next_stage() {
        say "stage $stage ends at $(uptime_now) s"
        echo $((stage + 1)) >$stage_file
        systemctl reboot
        sleep infinity
}

uptime_now() {
        cut -d ' ' -f 1 /proc/uptime
}

repositories() {
        local name directory
        for name in "$@"; do
                for directory in /run/{payload,archive}/"$name"; do
                        [ ! -d "$directory" ] || echo "deb [trusted=yes] file:$directory ./"
                done
        done >/etc/apt/sources.list
        apt-get -q=2 update || say "apt-get update failed"
}

mkdir -p ${stage_file%/*}
[ -f $stage_file ] || echo 1 >$stage_file
stage=$(cat $stage_file)
say "" # after whatever the firmware left there
say "stage $stage: $(uname -r), up $(uptime_now) s"
# shellcheck source=/dev/null
. /run/payload/test/script
if declare -F "stage_$stage" >/dev/null; then "stage_$stage"; else not_ok "there is a stage $stage"; fi
say "done"
sleep 5
systemctl poweroff --force --force
