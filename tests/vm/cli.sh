# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 7.3 6.12 6.1
# spread: 1
# machines: thread
# The command line on a live machine that has neither daemon nor module.

json() { # EXPRESSION over s, the status
        numatier --json | python3 -c "import json, sys; s = json.load(sys.stdin); print($1)"
}

equal "the kernel's tiers" "$(tier_of 0) $(tier_of 1)" "$(json '*(n["present_tier"] for n in s["nodes"])')"
equal "the policy's tiers" "dram cxl" "$(json '*(n["tier"] for n in s["nodes"])')"
equal "the figures" "10 20 10 5" \
        "$(json '*(n["latency_ns"] for n in s["nodes"]), *(n["bandwidth_mib"] for n in s["nodes"])')"

case $KERNEL in
        6.1) want=3 ;; # forms no tiers by HMAT
        *) want=0 ;;   # its own numbers will do, since nothing can move nodes
esac
numatier plan >/run/plan
equal "plan, as the kernel has formed the tiers" "$want" $?
mkdir -p /etc/numatier/numatierd.conf.d
printf '[tier cxl]\nmemory-tier = 5\n' >/etc/numatier/numatierd.conf.d/test.conf
numatier plan >/run/plan
equal "plan: there is something to do" 3 $?
check "plan says what is missing" grep -q memtier_override /run/plan
numatier apply >/run/apply
equal "apply has nothing it could write, and says that it differs" 3 $?
equal "nothing was written" "" "$(grep original /run/numatier/undo)"

check "capture" eval "numatier capture >/run/capture"
check "it needs no policy" eval "numatier capture --config /nonexistent >/dev/null"
check "nor does restore" numatier restore --config /nonexistent
equal "a capture names nobody" "" "$(grep -iw "$(hostname)" /run/capture)"
but_free() { # what is free changes all the time
        "$@" | grep -v '"free_kib"'
}
equal "a replay is the machine" "$(but_free numatier --json)" "$(but_free numatier --json --machine /run/capture)"
check "explain" numatier explain 1
refuse "explain of a node that is not there" numatier explain 7
numatier metrics >/run/metrics
equal "metrics: the tiers" "$(tier_of 0) $(tier_of 1)" "$(sed -n 's/^numatier_node_tier{.*state="present".*} //p' /run/metrics | xargs)"
[ "$KERNEL" = 6.1 ] && demoted='numatier_machine_demoted_pages_total{cause="direct"}' ||
        demoted='numatier_demoted_pages_total{node="1",tier="cxl",cause="direct"}'
check "metrics: demotions, of nodes where this kernel counts them" grep -q "^$demoted 0$" /run/metrics
check "metrics: promotions of each node" grep -q '^numatier_promoted_pages_total{node="1",tier="cxl"} 0$' /run/metrics
numatier --nonsense >/dev/null 2>&1
equal "wrong usage" 2 $?
numatier status --serials >/dev/null 2>&1
equal "an option of another verb" 2 $?
numatierd --once --dry-run >/dev/null 2>&1
equal "numatierd --once --dry-run: differs" 3 $?
show "$(cat /run/capture)"
healthy "the guest is well"
