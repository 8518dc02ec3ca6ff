# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
# What scenes do with packages, and ask about them.

# shellcheck source=tests/vm/daemon.bash
. /run/payload/test/daemon.bash

undo=/run/numatier/undo

home_tier() { # where Linux itself puts node 1 of the shape "thread"
        case $(uname -r) in
        6.1.*) echo 4 ;;
        *) echo 18 ;;
        esac
}

# Nobody is there to answer a question: one is a failure.
apt() { # NAME COMMAND PACKAGE...: says what it took, leaves the output in /tmp/apt
        local name=$1 start=$SECONDS
        shift
        if apt-get -y -q "$@" </dev/null >/tmp/apt 2>&1; then
                ok "$name"
        else
                not_ok "$name (exit status $?)"
                show "$(tail -n 40 /tmp/apt)"
        fi
        say "apt-get $* took $((SECONDS - start)) s"
}

state_of() { # PACKAGE
        dpkg-query -W -f '${db:Status-Status}' "$1" 2>&1
}

version_of() { # PACKAGE
        dpkg-query -W -f '${Version}' "$1"
}

module_of() { # KERNEL: what DKMS installed for it
        local file
        for file in /lib/modules/"$1"/updates/dkms/memtier_override.ko*; do
                [ ! -e "$file" ] || echo "$file"
        done
}

files_left() { # of ours, and what systemd, dpkg and DKMS have of them; /srv is for what a scene builds
        find / /run -xdev \( -path /run/payload -o -path /run/archive -o -path /srv -o -path /var/log \) -prune -o \
                \( -iname '*numatier*' -o -iname '*memtier*' \) -print
        grep -ls memtier_override /lib/modules/*/modules.{dep,alias,symbols}
        journalctl --list-catalog | grep -i numatier
}

# Where Linux has formed the tiers by HMAT, its own numbers will do as long as nothing can move nodes: numatier then
# finds nothing to do, and misses no module. This number it does not give.
fix_number() {
        mkdir -p /etc/numatier/numatierd.conf.d
        printf '[tier cxl]\nmemory-tier = 5\n' >/etc/numatier/numatierd.conf.d/number.conf
}

# The service, its module and its node as they are on a machine where all is well.
check_service() { # WHEN
        check "$1 the service is enabled" systemctl is-enabled numatierd
        check "$1 the service is active" systemctl is-active numatierd
        check "$1 the module is loaded" wait_for 60 test -d /sys/module/memtier_override
        comes_to 1 5 60
        equal "$1 no unit has failed" "" "$(systemctl --failed --no-legend)"
}
