# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash

# Runs a check and prints its result line. What the check prints is shown if it fails.
check() { # NAME COMMAND...
        local name=$1 file output line
        shift
        file=$(mktemp)
        exec {output}<>"$file"
        rm "$file" # at once: an interrupted run leaves nothing
        if "$@" >&"$output" 2>&1; then
                echo "ok $name"
        else
                echo "not ok $name"
                while IFS= read -r line; do echo "#   $line"; done <"/dev/fd/$output"
        fi
        exec {output}>&-
}
