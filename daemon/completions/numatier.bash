# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# bash completion for numatier(1) and numatierd(8)

_numatier_verbs="status plan explain doctor apply restore drain online measure policy check set clear edit run service \
migrate usage top monitor metrics hmat guest capture"

_numatier_column_names="TIER NOW WANTED ORIGINAL ADISTANCE LATENCY BANDWIDTH SOURCE SIZE FREE USE% TARGET WEIGHT \
DEVICE REASON"

_numatier_nodes() {
        local node
        for node in /sys/devices/system/node/node[0-9]*; do
                [ ! -d "$node" ] || echo "${node##*/node}"
        done
}

# The tiers of the policy.
_numatier_tiers() {
        numatier policy --no-legend --no-pager 2>/dev/null | sed -n 's/^\[tier \([^]]*\)].*/\1/p'
}

_numatier_units() {
        systemctl list-units --all --full --plain --no-legend --no-pager --type=service,slice,scope 2>/dev/null |
                cut -d ' ' -f 1
}

_numatier_pids() {
        local directory
        for directory in /proc/[0-9]*; do echo "${directory#/proc/}"; done
}

# The matches of a [node] section.
_numatier_matches() {
        printf '%s=\n' cxl-serial pci-address pci-id region dax kind node
}

# The drop-ins of the policy.
_numatier_dropins() {
        local file
        for file in /etc/numatier/numatierd.conf.d/*.conf /run/numatier/numatierd.conf.d/*.conf; do
                [ ! -e "$file" ] || basename "$file" .conf
        done
}

# What compgen prints for the current word.
_numatier_reply() { # WORD COMPGEN-OPTION...
        local word=$1
        shift
        mapfile -t COMPREPLY < <(compgen "$@" -- "$word")
}

_numatier_files() { # WORD -f or -d
        compopt -o filenames 2>/dev/null
        _numatier_reply "$1" "$2"
}

# The last name of a list.
_numatier_list() { # LIST WORDS
        local before=""
        case $1 in
        *,*) before="${1%,*}," ;;
        +*) before=+ ;;
        esac
        compopt -o nospace 2>/dev/null
        _numatier_reply "${1#"$before"}" -P "$before" -W "$2"
}

# The argument of the option before the current word; false: that takes none.
_numatier_argument() { # OPTION WORD [VERB]
        case $1 in
        --root) _numatier_files "$2" -d ;;
        --machine | --config) _numatier_files "$2" -f ;;
        --seconds) _numatier_reply "$2" -W "1 5 30" ;;
        --timeout) _numatier_reply "$2" -W "10s 1min 10min" ;;
        --zone) _numatier_reply "$2" -W "movable kernel" ;;
        --format)
                if [ "${3-}" = metrics ]; then
                        _numatier_reply "$2" -W "openmetrics prometheus"
                else
                        _numatier_reply "$2" -W "qemu libvirt"
                fi
                ;;
        --nodes) _numatier_reply "$2" -W "$(_numatier_nodes)" ;;
        --cpus) _numatier_reply "$2" -W "1 2 4 8" ;;
        --memory) _numatier_reply "$2" -W "1G 4G 16G" ;;
        --output | -o)
                case ${3-} in
                hmat | metrics) _numatier_files "$2" -f ;;
                *) _numatier_list "$2" "$_numatier_column_names" ;;
                esac
                ;;
        --size) _numatier_reply "$2" -W "64M 256M 1G" ;;
        --tier | --avoid | --from | --to) _numatier_list "$2" "$(_numatier_tiers)" ;;
        --policy)
                if [ "${3-}" = run ]; then
                        _numatier_reply "$2" -W "preferred-many preferred bind interleave weighted-interleave"
                else
                        _numatier_reply "$2" -W "preferred bind interleave local default"
                fi
                ;;
        --latency) _numatier_reply "$2" -W "100ns 250ns 400ns" ;;
        --bandwidth) _numatier_reply "$2" -W "30GiB/s 100GiB/s" ;;
        --rate) _numatier_reply "$2" -W "100M 1G" ;;
        --sort) _numatier_reply "$2" -W "slow total anon file kernel name $(_numatier_tiers)" ;;
        --delay) _numatier_reply "$2" -W "1 2 5" ;;
        --lines | -n) _numatier_reply "$2" -W "10 100" ;;
        *) return 1 ;;
        esac
}

# The words before the current one that are neither options nor their arguments: the verb first.
_numatier_operands() { # WORD...
        local previous="" word
        for word; do
                case $previous:$word in
                --root:* | --machine:* | --config:* | --output:* | -o:* | --timeout:* | --zone:* | \
                        --format:* | --nodes:* | --cpus:* | --memory:* | --tier:* | --avoid:* | --from:* | --to:* | \
                        --policy:* | --latency:* | --bandwidth:* | --rate:* | --sort:* | --delay:* | --lines:* | -n:* | \
                        --seconds:* | --size:* | *:-*) ;;
                *) echo "$word" ;;
                esac
                previous=$word
        done
}

_numatier_options() { # VERB [COMMAND]
        local common="--json --root --machine --config --no-pager --no-legend --help --version"
        case $1${2:+ $2} in
        measure*) echo "--seconds --size --dry-run --force --json --no-legend --no-pager --help --version" ;;
        capture*) echo "--root --machine --serials --help --version" ;;
        set*) echo "--tier --latency --bandwidth --runtime --help --version" ;;
        clear* | edit*) echo "--runtime --help --version" ;;
        run*) echo "--tier --avoid --policy --local --show --json --config --root --machine --help --version" ;;
        service*) echo "--tier --policy --confine --clear --runtime --show --json --root --machine --config --no-legend \
--no-pager --help --version" ;;
        migrate*) echo "--from --to --rate --shared --force --config --help --version" ;;
        usage*) echo "$common --sort --all --bytes" ;;
        top*) echo "--delay --once --root --machine --config --help --version" ;;
        monitor*) echo "--lines --json --help --version" ;;
        metrics*) echo "--output --format --doctor --http --root --machine --config --help --version" ;;
        status*) echo "$common --output --bytes --watch" ;;
        policy*) echo "$common --diff" ;;
        drain*) echo "$common --timeout --rollback --unplug --force" ;;
        online*) echo "$common --timeout --zone" ;;
        "hmat build") echo "--output --root --machine --config --help --version" ;;
        "hmat show") echo "--json --root --machine --no-pager --no-legend --help --version" ;;
        "hmat status") echo "--json --root --machine --config --help --version" ;;
        "hmat install" | "hmat uninstall") echo "--config --help --version" ;;
        hmat) echo "$common --output" ;;
        guest*) echo "--root --machine --config --help --version --format --nodes --cpus --memory" ;;
        "") echo "$common --output --bytes --watch --diff --timeout --rollback --unplug --force --zone --serials --format --nodes --cpus \
--memory --tier --latency --bandwidth --runtime --policy --confine --clear --show --sort --all --doctor --http" ;;
        *) echo "$common" ;;
        esac
}

_numatier() {
        local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb command operands

        COMPREPLY=()
        compopt +o default 2>/dev/null
        mapfile -t operands < <(_numatier_operands "${COMP_WORDS[@]:1:COMP_CWORD-1}")
        verb=${operands[0]-} command=${operands[1]-}
        _numatier_argument "$previous" "$current" "$verb" && return
        case $verb:$current in
        *:-*) _numatier_reply "$current" -W "$(_numatier_options "$verb" "$command")" ;;
        :*) _numatier_reply "$current" -W "$_numatier_verbs" ;;
        status:node* | explain:node* | measure:node* | drain:node* | online:node*) _numatier_reply "$current" -W "$(_numatier_nodes | sed 's/^/node/')" ;;
        status:* | explain:* | measure:* | drain:* | online:*) _numatier_reply "$current" -W "$(_numatier_nodes)" ;;
        check:*) _numatier_files "$current" -f ;;
        set:* | clear:*)
                compopt -o nospace 2>/dev/null
                [ ${#operands[@]} -gt 1 ] || _numatier_reply "$current" -W "$(_numatier_nodes) $(_numatier_matches)"
                ;;
        edit:*) [ ${#operands[@]} -gt 1 ] || _numatier_reply "$current" -W "$(_numatier_dropins)" ;;
        service:*) [ ${#operands[@]} -gt 1 ] || _numatier_reply "$current" -W "$(_numatier_units)" ;;
        migrate:* | usage:*)
                [ ${#operands[@]} -gt 1 ] || _numatier_reply "$current" -W "$(_numatier_units) $(_numatier_pids)"
                ;;
        run:*)
                if [ ${#operands[@]} = 1 ]; then
                        _numatier_reply "$current" -c
                else
                        _numatier_files "$current" -f
                fi
                ;;
        hmat:*)
                case ${#operands[@]}:$command in
                1:) _numatier_reply "$current" -W "show build install uninstall status" ;;
                2:show) _numatier_files "$current" -f ;;
                esac
                ;;
        esac
}

_numatierd() {
        local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}

        COMPREPLY=()
        compopt +o default 2>/dev/null
        _numatier_argument "$previous" "$current" && return
        _numatier_reply "$current" -W "--once --dry-run --check --config --root --machine --help --version"
}

complete -F _numatier numatier
complete -F _numatierd numatierd
