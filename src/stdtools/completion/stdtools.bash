# Completion of stdtools for bash 3.2 and later. Made by `stdtools completion bash`.

_stdtools_table() {
local common
commands= arguments= options=
@TABLE@
[[ -n $commands ]] || options=$options$'\n'$common
}

# Set kind and words of the option $1, which may be a cluster of short ones; kind is empty for none.
_stdtools_kind() {
    local names found_kind found_words help name
    kind= words=
    while IFS='|' read -r names found_kind found_words help; do
        for name in $names; do
            if [[ $name == "$1" ]]; then
                kind=$found_kind words=$found_words
                return
            fi
        done
    done <<<"$options"
    if [[ $1 == -[!-]?* ]]; then
        _stdtools_kind "-${1:${#1}-1}"
    fi
}

_stdtools() {
    local commands arguments options kind words path='' wants='' wanted='' ended='' given=''
    local word value strip='' name line names found_kind rest i
    local -a typed=()
    COMPREPLY=()
    local IFS=$' \t\n'
    set -f
    # Words that bash has split at = and : are put together again.
    local line_left=${COMP_LINE}
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        rest=${line_left%%"$word"*}
        line_left=${line_left#"$rest$word"}
        if ((i > 1)) && [[ -z $rest && ($word == [:=]* || ${COMP_WORDS[i - 1]} == *[:=]) ]]; then
            typed[${#typed[@]} - 1]+=$word
        else
            typed+=("$word")
        fi
    done
    value=${typed[${#typed[@]} - 1]}
    _stdtools_table ''
    for ((i = 1; i < ${#typed[@]} - 1; i++)); do
        word=${typed[i]}
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
                wants=$kind wanted=$words
            fi
        elif [[ $'\n'$commands == *$'\n'"$word|"* ]]; then
            path="${path:+$path }$word"
            _stdtools_table "$path"
        else
            given=1
            [[ $arguments == command ]] && ended=1
        fi
    done
    if [[ -n $wants ]]; then
        kind=$wants words=$wanted
    elif [[ -z $ended && $value == --*=* ]]; then
        _stdtools_kind "${value%%=*}"
        value=${value#*=}
    elif [[ -z $ended && $value == -* ]]; then
        while IFS='|' read -r names rest; do
            for name in $names; do
                [[ $name == "$value"* ]] && COMPREPLY+=("$name")
            done
        done <<<"$options"
        set +f
        return
    elif [[ -n $commands ]]; then
        while IFS='|' read -r name rest; do
            [[ -n $name && $name == "$value"* ]] && COMPREPLY+=("$name")
        done <<<"$commands"
        set +f
        return
    else
        kind=$arguments words=
    fi
    value=${value//[\\\'\"]/}
    # Readline takes what is behind the last = or : for the word.
    [[ $value == *[:=]* ]] && strip=${value%"${value##*[:=]}"}
    case $kind in
    words)
        for name in $words; do
            [[ $name == "$value"* ]] && COMPREPLY+=("${name#"$strip"}")
        done
        ;;
    ask)
        while IFS=$'\t' read -r name rest; do
            [[ $name == "$value"* ]] && COMPREPLY+=("${name#"$strip"}")
        done < <("${typed[0]}" __complete "${typed[@]:1:${#typed[@]}-2}" "${typed[${#typed[@]} - 1]//[\\\'\"]/}" 2>/dev/null)
        ;;
    command)
        if [[ -z $given ]]; then
            while read -r name; do
                COMPREPLY+=("$name")
            done < <(compgen -c -- "$value")
        fi
        ;;
    esac
    set +f
}

complete -o bashdefault -o default -F _stdtools stdtools
