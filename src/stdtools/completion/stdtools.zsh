#compdef stdtools
# Completion of stdtools for zsh 5. Made by `stdtools completion zsh`.

_stdtools_table() {
local common
commands= arguments= options=
@TABLE@
[[ -n $commands ]] || options=$options$'\n'$common
}

# Set kind and allowed of the option $1, which may be a cluster of short ones; kind is empty for none.
_stdtools_kind() {
    local line
    local -a part
    kind= allowed=
    for line in "${(@f)options}"; do
        part=("${(@s:|:)line}")
        if [[ " $part[1] " == *" ${1} "* ]]; then
            kind=$part[2] allowed=$part[3]
            return
        fi
    done
    if [[ $1 == -[^-]?* ]]; then
        _stdtools_kind "-${1[-1]}"
    fi
}

_stdtools() {
    emulate -L zsh
    setopt no_glob_subst
    local commands arguments options kind allowed ctx_path='' wants='' wanted='' ended='' given=''
    local word line name cur i
    local -a typed part names shown lines answer
    typed=("${(@Q)words[1,CURRENT]}")
    cur=$typed[-1]
    _stdtools_table ''
    for ((i = 2; i < CURRENT; i++)); do
        word=$typed[i]
        if [[ -n $wants ]]; then
            wants=
        elif [[ -n $ended ]]; then
            given=1
        elif [[ $word == -- ]]; then
            ended=1
        elif [[ $word == --*=* ]]; then
            :
        elif [[ $word == -?* ]]; then
            _stdtools_kind "$word"
            if [[ -n $kind && $kind != flag ]]; then
                wants=$kind wanted=$allowed
            fi
        elif [[ $'\n'$commands == *$'\n'"$word|"* ]]; then
            ctx_path="${ctx_path:+$ctx_path }$word"
            _stdtools_table "$ctx_path"
        else
            given=1
            [[ $arguments == command ]] && ended=1
        fi
    done
    if [[ -n $wants ]]; then
        kind=$wants allowed=$wanted
    elif [[ -z $ended && $cur == --*=* ]]; then
        _stdtools_kind "${cur%%\=*}"
        compset -P 1 '*='
    elif [[ -z $ended && $cur == -* ]]; then
        for line in "${(@f)options}"; do
            part=("${(@s:|:)line}")
            for name in ${=part[1]}; do
                names+=("$name")
                shown+=("$name  ${(j:|:)part[4,-1]}")
            done
        done
        compadd -l -d shown -- "${names[@]}"
        return
    elif [[ -n $commands ]]; then
        for line in "${(@f)commands}"; do
            names+=("${line%%|*}")
            shown+=("${(r:10:)${line%%|*}}  ${line#*|}")
        done
        compadd -l -d shown -- "${names[@]}"
        return
    else
        kind=$arguments allowed=
    fi
    case $kind in
    words)
        compadd -- ${=allowed}
        ;;
    ask)
        lines=("${(@f)$("$typed[1]" __complete "${(@)typed[2,-1]}" 2>/dev/null)}")
        for line in "${lines[@]}"; do
            [[ -n $line ]] || continue
            names+=("${line%%$'\t'*}")
            shown+=("${line/$'\t'/  }")
        done
        if (( $#names )); then
            compadd -l -d shown -- "${names[@]}"
        else
            _files
        fi
        ;;
    command)
        if [[ -z $given ]]; then
            _command_names -e
        else
            _files
        fi
        ;;
    flag) ;;
    *)
        _files
        ;;
    esac
}

if [[ $funcstack[1] == _stdtools ]]; then
    _stdtools "$@"
else
    compdef _stdtools stdtools
fi
