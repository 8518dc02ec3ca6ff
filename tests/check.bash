# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash

# Runs a check and prints its result line. What the check prints is shown if it fails.
check() { # NAME COMMAND...
        local name=$1 output line status=0
        shift
        output=$(mktemp)
        "$@" >"$output" 2>&1 || status=1
        if [ $status = 0 ]; then
                echo "ok $name"
        else
                echo "not ok $name"
                while IFS= read -r line; do echo "#   $line"; done <"$output"
        fi
        rm "$output"
        return 0
}
