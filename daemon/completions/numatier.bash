# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# bash completion for numatier(1)

_numatier() {
        local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
        local verbs="status plan explain check apply restore capture measure"
        local options="--json --root --machine --config --no-pager --no-legend --serials --help --version"
        local word

        compopt +o default 2>/dev/null
        case $previous in
        --root)
                mapfile -t COMPREPLY < <(compgen -d -- "$current")
                return
                ;;
        --machine | --config | check)
                mapfile -t COMPREPLY < <(compgen -f -- "$current")
                return
                ;;
        explain | measure)
                mapfile -t COMPREPLY < <(cd /sys/devices/system/node 2>/dev/null &&
                        compgen -W "$(printf '%s\n' node[0-9]* | sed 's/^node//')" -- "$current")
                return
                ;;
        esac
        for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                [ "$word" != measure ] ||
                        options="--seconds --size --dry-run --json --no-legend --no-pager --help --version"
        done
        case $current in
        -*) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current") ;;
        *) mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$current") ;;
        esac
}

complete -F _numatier numatier
