# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12
# machines: thread
# timeout: 300
# Debian's Prometheus scrapes the socket, and node_exporter's textfile: what each unit needs, and that the
# counters move when pages are demoted.

# shellcheck source=tests/vm/daemon.bash
. /run/payload/test/daemon.bash
address=127.0.0.1:9873
prometheus=127.0.0.1:9090
share=$(dirname "$(dirname "$(command -v numatier)")")/share

for unit in numatier-metrics.socket numatier-metrics.timer; do
        equal "$unit is off" "disabled inactive" "$(systemctl is-enabled $unit) $(systemctl is-active $unit)"
done
check "numatierd starts" systemctl start numatierd
wait_for 60 status_has '2 nodes'
check "the socket" systemctl start numatier-metrics.socket
check "the textfile" systemctl start numatier-metrics.service
equal "the textfile can be read by all" "644" "$(stat -c %a /var/lib/prometheus/node-exporter/numatier.prom)"

# Scrapes may fail while this slow machine is busy, and then a value is missing: all wait for theirs.
# Both servers as Debian starts them, in units of this boot: a host masks theirs.
mkdir -p /run/prometheus
cat >/run/prometheus/prometheus.yml <<YML
global: {scrape_interval: 5s, evaluation_interval: 5s}
rule_files: ['$share/numatier/monitoring/numatier-alerts.yml']
scrape_configs:
  - {job_name: numatier, static_configs: [{targets: ['$address']}]}
  - {job_name: node, static_configs: [{targets: ['127.0.0.1:9100']}]}
YML
systemd-run --quiet --unit exporter prometheus-node-exporter --collector.disable-defaults --collector.textfile
systemd-run --quiet --unit server prometheus --config.file=/run/prometheus/prometheus.yml \
        --storage.tsdb.path=/run/prometheus/data --web.listen-address=$prometheus

ask() { # QUERY: the value of its only sample
        curl -sG "http://$prometheus/api/v1/query" --data-urlencode "query=$1" |
                sed -n 's/.*"value":\[[^,]*,"\([^"]*\)"\]}\]}}.*/\1/p'
}

answers() { # VALUE QUERY
        [ "$(ask "$2")" = "$1" ]
}

comes() { # SECONDS VALUE QUERY
        if wait_for "$1" answers "$2" "$3"; then
                ok "$3 is $2"
        else
                not_ok "$3 is $(ask "$3"), not $2"
        fi
}

comes 120 2 'count(numatier_node_info{job="numatier"})'
comes 60 2 'count(numatier_node_info{job="node"})'
comes 30 0 node_textfile_scrape_error
comes 30 1 'numatier_node_info{job="numatier", node="1", tier="cxl", source="hmat"}'
comes 30 "$(tier_of 1)" 'numatier_node_tier{job="numatier", node="1", state="present"}'
comes 30 2e-08 'numatier_node_latency_seconds{job="numatier", node="1"}'
# the process has a user of its own
comes 30 1 'numatier_daemon_running{job="numatier"}'
# both formats have the same samples
comes 30 0 'count({job="numatier", __name__=~"numatier_node_(info|tier|size_bytes)"}
        unless on (__name__, node, state) {job="node", __name__=~"numatier_.*"}) or vector(0)'
equal "the units of OpenMetrics reach Prometheus" '"seconds"' "$(curl -s \
        "http://$prometheus/api/v1/targets/metadata?metric=numatier_node_latency_seconds" | grep -o '"seconds"' | head -n 1)"
check "it has the alerts" grep -q NumatierNodeMisplaced <<<"$(curl -s "http://$prometheus/api/v1/rules")"

# Demotion without any shortage: a group gives up what its pages hold.
echo 1 >/sys/kernel/mm/numa/demotion_enabled
cat >/run/hold.py <<'PY'
import time
held = bytearray(b"x") * (96 << 20)
open("/run/held", "w").close()
time.sleep(1000)
PY
systemd-run --quiet --unit hold -p MemoryAccounting=yes -p NUMAPolicy=bind -p NUMAMask=0 python3 /run/hold.py
check "a program holds memory" wait_for 60 test -e /run/held
pages_demoted() {
        awk '/^pgdemote/ { n += $2 } END { print n }' /sys/devices/system/node/node0/vmstat
}
says_so() { # JOB: kswapd may demote more at any time
        answers "$(pages_demoted)" "sum(numatier_demoted_pages_total{job=\"$1\", node=\"0\"})"
}
check "none is demoted yet, or all are counted" wait_for 30 says_so numatier
before=$(pages_demoted)
systemctl show -P ControlGroup hold >/run/group
echo 64M >"/sys/fs/cgroup$(cat /run/group)/memory.reclaim" 2>/dev/null
check "the kernel has demoted pages ($before, $(pages_demoted))" test "$(pages_demoted)" -gt "$before"
check "Prometheus has them by the socket" wait_for 30 says_so numatier
textfile_says_so() {
        systemctl start numatier-metrics.service && wait_for 10 says_so node
}
check "and by the textfile" wait_for 60 textfile_says_so
systemctl stop hold

# A reload that fails
policy bad '[tier cxl]' 'max-latency = 3 parsecs'
systemctl reload numatierd
comes 30 0 'numatier_policy_last_reload_successful{job="numatier"}'
comes 30 0 'numatier_policy_valid{job="numatier"}'
rm "$policies/bad.conf"
systemctl reload numatierd
comes 30 1 'numatier_policy_last_reload_successful{job="numatier"}'

# Clients
code() { # CURL-ARGUMENT...
        curl -s -o /dev/null -w '%{http_code}' "$@"
}

equal "another path" 404 "$(code http://$address/)"
equal "another method" 405 "$(code -X DELETE http://$address/metrics)"
exec 9<>/dev/tcp/127.0.0.1/9873
printf 'nonsense\r\n\r\n' >&9
check "no HTTP" grep -q '^HTTP/1.1 400 ' <<<"$(cat <&9)"
exec 9>&-
mkdir -p /run/systemd/system/numatier-metrics@.service.d
printf '[Service]\nExecStart=\nExecStart=%s metrics --http --doctor\n' "$(command -v numatier)" \
        >/run/systemd/system/numatier-metrics@.service.d/doctor.conf
systemctl daemon-reload
check "doctor's findings, in the sandbox" grep -q '^numatier_findings{severity="error"} ' \
        <<<"$(curl -s http://$address/metrics)"
rm -r /run/systemd/system/numatier-metrics@.service.d
systemctl daemon-reload
# eight clients that say nothing: no more are let in, and they are sent away
python3 - <<'PY'
import socket
held = [socket.create_connection(("127.0.0.1", 9873)) for _ in range(40)]
done = [connection.makefile("rb").read() for connection in held]
print(sorted({answer[:12] for answer in done}))
PY
served() {
        [ "$(code http://$address/metrics)" = 200 ]
}
check "after forty clients that say nothing, the next is served" wait_for 60 served
equal "the socket still listens" active "$(systemctl is-active numatier-metrics.socket)"
journalctl --sync
equal "scrapes leave no trace in the journal" "" "$(journalctl -b -o cat -u 'numatier-metrics@*' | sort | uniq -c | head -n 5)"
equal "and no unit" "" "$(systemctl list-units --no-legend --failed 'numatier-metrics*')"
healthy "the guest is well"
