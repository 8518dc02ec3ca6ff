# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12 7.3 6.1
# spread: 1
# machines: thread
# timeout: 240
# numatier service with a real systemd: a unit's pages are in the nodes of its tier after a restart, or
# at once if it is confined; and what numatier refuses leaves everything as it was.

etc=/etc/systemd/system/holder.service.d/50-numatier.conf
run=/run/systemd/system/holder.service.d/50-numatier.conf
group=/sys/fs/cgroup/system.slice/holder.service

held() { # NODE: whether all memory of the unit, 32 MiB and more, is there
        awk -v node="N$1" '$1 == "anon" { for (i = 2; i <= NF; i++) { split($i, a, "=")
                if (a[1] == node) here = a[2]; else there += a[2] } }
                END { exit !(here >= 32 * 1048576 && there < 4 * 1048576) }' $group/memory.numa_stat
}

allowed() { # the nodes of which the unit's first process may have memory
        awk '$1 == "Mems_allowed_list:" { print $2 }' "/proc/$(systemctl show -P MainPID holder)/status"
}

mapped() { # the memory policies of the unit's processes
        local pid
        while read -r pid; do awk '/heap/ { print $2 }' "/proc/$pid/numa_maps"; done <$group/cgroup.procs | sort -u
}

setting() { # PROPERTY, as systemd has it
        systemctl show --property="$1" --value holder.service
}

says() { # TEXT COMMAND...: whether it prints that, and succeeds
        local text=$1 out
        shift
        out=$("$@" 2>&1) || return
        grep -qF -- "$text" <<<"$out" || { echo "$out"; false; }
}

# tail keeps a line that does not end
cat >/run/systemd/system/holder.service <<'UNIT'
[Service]
ExecStart=/bin/sh -c '{ head -c 32M /dev/zero; exec sleep infinity; } | tail -n 1'
UNIT
systemctl daemon-reload
systemctl start --no-block holder
systemctl start numatierd # it knows the tiers: numatier need not wait until the machine is quiet
check "without a drop-in the memory is in node 0" wait_for 60 held 0

# In its tier after a restart
check "the unit gets a tier" says "systemctl restart holder.service" numatier service holder --tier cxl
equal "systemd has read it" "preferred 1" "$(setting NUMAPolicy) $(setting NUMAMask)"
check "what runs keeps its memory" held 0
systemctl restart holder
check "it is in its tier after a restart" wait_for 60 held 1
equal "by its memory policy" "prefer:1" "$(mapped)"

# Confined: at once. Linux moves pages only of what was started with the controller of cpusets on.
check "the unit is confined" says "from these nodes only" \
        numatier service holder --tier dram --policy default --confine
equal "its cpuset" "0 0" "$(cat $group/cpuset.mems) $(allowed)"
systemctl restart holder
check "its memory is there after a restart" wait_for 60 held 0
check "it is confined to others" numatier service holder --tier cxl --confine
check "Linux moves its pages at once" wait_for 60 held 1
check "bind says what it does when that is full" says "OOM killer" numatier service holder --tier cxl --policy bind
check "it is taken back" says "until it is restarted" numatier service holder --clear
refuse "no file is left, and no directory" test -e ${etc%/*}
systemctl restart holder
check "after a restart it is where it was" wait_for 60 held 0
equal "without policy, and not confined" "default 0-1" "$(mapped) $(allowed)"

# For this boot
check "--runtime" numatier service holder --tier dram --policy preferred --runtime
equal "it is in /run" "preferred 0" "$(setting NUMAPolicy) $(setting NUMAMask)"
check "/etc hides it" says "$run is hidden" numatier service holder --tier cxl
equal "as systemd has it" "preferred 1 $etc" "$(setting NUMAPolicy) $(setting NUMAMask) $(setting DropInPaths)"

# The tier moves
ids() {
        awk '$1 == "id" { print $2 }' | sort -u | xargs
}
check "it is as asked" says "as asked" numatier service holder
mkdir -p /etc/numatier/numatierd.conf.d
printf '[node moved]\nnode = 1\ntier = far\n' >/etc/numatier/numatierd.conf.d/test.conf
numatier doctor >/run/found
check "doctor finds that it has other nodes" grep -q service-tiers /run/found
check "and says what to do" grep -q "numatier service holder.service --clear" /run/found
numatier capture >/run/captured
equal "a capture says the same" "$(ids </run/found)" "$(numatier doctor --machine /run/captured | ids)"
numatier service >/run/listed
equal "and so does service" 3 $?
check "with the reason" grep -q 'no node with memory belongs in it' /run/listed
rm /etc/numatier/numatierd.conf.d/test.conf
sed -i s/NUMAMask=1/NUMAMask=7/ $etc
systemctl daemon-reload
systemctl restart holder
wait_for 60 systemctl is-failed holder
equal "a node that is not there: systemd does not start it" 242 "$(setting ExecMainStatus)"
check "the same command mends it" says "is started" numatier service holder --tier cxl
systemctl restart holder
check "it runs in its tier" wait_for 60 held 1

# Refused: nothing is changed
before=$(cat $etc)
refuse "a unit that is not there" numatier service nonesuch --tier cxl
refuse "has no drop-in" test -e /etc/systemd/system/nonesuch.service.d
ln -s holder.service /run/systemd/system/alias.service
systemctl daemon-reload
refuse "an alias" numatier service alias --tier cxl
check "it says which name to give" grep -q 'holder.service' <<<"$(numatier service alias --tier cxl 2>&1)"
refuse "another user" setpriv --reuid 65534 --regid 65534 --clear-groups numatier service holder --clear
mkdir /run/broken
cat >/run/broken/systemctl <<'SCRIPT'
#!/bin/sh
[ "$1" = daemon-reload ] && exit 1
exec /usr/bin/systemctl "$@"
SCRIPT
chmod +x /run/broken/systemctl
refuse "systemd does not reload" env PATH="/run/broken:$PATH" numatier service holder --tier dram
equal "the drop-in is as it was" "$before" "$(cat $etc)"
check "both files are taken back" numatier service holder --clear
refuse "none is left" test -e $etc -o -e $run
mkdir -p ${etc%/*}
printf '[Service]\nNUMAPolicy=local\n' >$etc
refuse "a file of somebody else" numatier service holder --tier cxl
check "it is as it was" grep -q local $etc

check "a template" numatier service getty@ --tier cxl
equal "its instances have it" 1 "$(systemctl show --property=NUMAMask --value getty@tty7)"
check "a slice" numatier service numatier-test.slice --tier cxl --confine
equal "is confined" 1 "$(systemctl show --property=AllowedMemoryNodes --value numatier-test.slice)"
healthy "the guest is well"
