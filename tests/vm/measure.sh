# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12 7.3
# spread: 1
# machines: thread
# timeout: 240
# Measuring: which node the memory is on, what is stored and used from there, what is refused, and what an
# interruption leaves. The values depend on the emulator, and are often not repeatable: hence --force. So
# does the time to fill a buffer, for which one second may be too short.

directory=/var/lib/numatier
file=$directory/measured

json() { # EXPRESSION over m, the measurements
        python3 -c "import json, sys; m = json.load(sys.stdin)['measurements']; print($1)" </run/json
}

stored() { # NODE: its line without what identifies it
        sed -n "s/^node$1@[0-9a-f]* //p" $file
}

source_of() { # NODE
        numatier --json | python3 -c "import json, sys; print(json.load(sys.stdin)['nodes'][$1]['latency_source'])"
}

bound_pages() { # the nodes that the buffer has pages on
        sed -n '/ bind:/p' "/proc/$1/numa_maps" | tr ' ' '\n' | sed -n 's/^\(N[0-9]*\)=.*/\1/p' | sort -u | xargs
}

filled() {
        [ "$(bound_pages "$1")" = N1 ]
}

equal "before: the firmware's word" hmat "$(source_of 1)"
numatier measure node1 --seconds 4 --size 32M --json --force >/run/json 2>/run/errors
equal "it measures" 0 $?
show "$(cat /run/json /run/errors)"
equal "from the node with CPUs" "1 1 0" "$(json 'len(m), m[0]["node"], m[0]["initiator"]')"
equal "every value is known" True \
        "$(json 'all(m[0][k] >= 1 for k in ("latency_ns", "read_bandwidth_mib", "mixed_bandwidth_mib", "write_bandwidth_mib"))')"
equal "repeatable or not" True "$(json 'm[0]["repeatable"] is (m[0]["spread"] <= 0.05)')"
equal "stored, and from all CPUs" "True 2 0" "$(json 'm[0]["stored"], m[0]["cpus"], m[0]["missing_cpus"]')"
equal "stored: the same values" \
        "$(json '"read_bandwidth=%d write_bandwidth=%d" % (m[0]["read_bandwidth_mib"], m[0]["write_bandwidth_mib"])')" \
        "$(stored 1 | cut -d ' ' -f 3-)"
check "and the latency, of reads and writes" grep -qE '^node1@[0-9a-f]+ read_latency=([1-9][0-9]*) write_latency=\1 ' $file
check "it says that the buffer is small" grep -q 'a buffer of 32 MiB is small beside' /run/errors
equal "after: what was measured" measured "$(source_of 1)"
cp $file /run/before

numatier measure 1 --size 1G >/run/out 2>/run/errors
equal "too large a size is refused" 1 $?
check "and it says why" grep -q 'node 1: needs more than 1.12 GiB of free memory, and has ' /run/errors
refuse "a node that is not there" numatier measure 7
refuse "a part of the CPUs" taskset -c 0 numatier measure 1 --seconds 4 --size 32M
check "and it says which are missing" grep -q 'may not use CPU 1 of them' \
        <<<"$(taskset -c 0 numatier measure 1 --seconds 4 --size 32M 2>&1)"
numatier measure 1 --size 1M 2>/dev/null
equal "a size that is not valid" 2 $?
refuse "somebody who could not store" setpriv --reuid=65534 numatier measure 1 --seconds 4 --size 32M
check "who may measure nevertheless" setpriv --reuid=65534 numatier measure 1 --seconds 4 --size 32M --dry-run
check "nothing of that was stored" cmp $file /run/before

numatier measure 1 --seconds 30 --size 32M >/run/out 2>&1 &
pid=$!
check "one measurement runs" wait_for 10 filled $pid
numatier measure 0 --seconds 4 --size 32M --force 2>/run/errors
equal "a second one is refused" 1 $?
check "and it says which one runs" grep -q "another \"numatier measure\" (process $pid) is running" /run/errors
kill $pid
wait $pid

numatier measure 1 --seconds 4 --size 32M --json >/run/json 2>/run/errors
status=$?
equal "stored exactly if repeatable: exit status, JSON, message" "True True True" \
        "$(status=$status python3 -c "
import json, os, sys
m = json.load(sys.stdin)['measurements'][0]
print(m['stored'] is m['repeatable'], m['stored'] is (os.environ['status'] == '0'),
      m['stored'] is not ('node 1: not stored: ' in open('/run/errors').read()))" </run/json)"
cp $file /run/before

for signal in INT TERM; do
        numatier measure 1 --seconds 30 --size 32M >/run/out 2>&1 &
        pid=$!
        check "all of the buffer lies on node 1" wait_for 10 filled $pid
        sleep 1
        start=$(date +%s%3N)
        kill -$signal $pid
        wait $pid
        status=$?
        equal "SIG$signal ends it" $signal "$(kill -l $status)"
        say "  after $(($(date +%s%3N) - start)) ms"
        check "SIG$signal: what was stored is as it was" cmp $file /run/before
        equal "SIG$signal: nothing else is there" measured "$(ls $directory)"
done

numatier measure --seconds 4 --size 32M --force >/run/out 2>/run/errors
equal "all nodes" 0 $?
show "$(cat /run/out)"
equal "a line each" "2 1 1" "$(grep -cv '^#' $file) $(stored 0 | wc -l) $(stored 1 | wc -l)"
check "where it went" grep -q "^Stored in $file; .*systemctl reload numatierd" /run/out
equal "the table" 'NODE INITIATOR LATENCY READ MIX 2:1 WRITE SPREAD STORED' "$(head -n 1 /run/out | xargs)"
healthy "the guest is well"
