# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154
# holder.c: a program with its memory on $node, which knows what it has written there.

# Not to be called in a subshell.
start_holder() { # MIB [HOW]
        mkfifo /tmp/holder-question /tmp/holder-answer 2>/dev/null
        exec 5<>/tmp/holder-question 6<>/tmp/holder-answer
        /run/payload/test/holder "$node" "$@" <&5 >&6 5>&- 6>&- &
        holder=$!
}

ask_holder() { # prints how many of its pages are on the node, or what is wrong
        local answer="no answer"
        echo >&5
        IFS= read -r -t 60 answer <&6
        echo "$answer"
}

stop_holder() {
        kill "$holder"
        wait "$holder" 2>/dev/null
        exec 5>&- 6>&-
}
