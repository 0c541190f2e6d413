# Completion of stdtools for fish 3. Made by `stdtools completion fish`.

function __stdtools_table --no-scope-shadowing
set -l common
set commands
set arguments
set options
@TABLE@
test -n "$commands"
or set options $options $common
set options (string split \n -- $options)
set commands (string split \n -- $commands)
end

# Set kind and allowed of the option $argv[1], which may be a cluster of short ones; kind is empty for none.
function __stdtools_kind --no-scope-shadowing
    set kind
    set allowed
    set -l wanted_name $argv[1]
    if string match -qr -- '^-[^-].' $wanted_name
        set -l whole (string match -r -- "^[^|]*" $options | string split ' ')
        contains -- $wanted_name $whole
        or set wanted_name "-"(string sub -s -1 -- $wanted_name)
    end
    for line in $options
        set -l part (string split -m 3 '|' -- $line)
        if contains -- $wanted_name (string split ' ' -- $part[1])
            set kind $part[2]
            set allowed (string split -n ' ' -- $part[3])
            return
        end
    end
end

function __stdtools_complete
    set -l commands
    set -l arguments
    set -l options
    set -l kind
    set -l allowed
    set -l path
    set -l wants
    set -l wanted
    set -l ended
    set -l given
    set -l typed (commandline -opc)
    set -l cur (commandline -ct)
    set -l before
    __stdtools_table ''
    for word in $typed[2..-1]
        if test -n "$wants"
            set wants
        else if test -n "$ended"
            set given 1
        else if test "$word" = --
            set ended 1
        else if string match -q -- '--*=*' $word
            continue
        else if string match -q -- '-?*' $word
            __stdtools_kind $word
            if test -n "$kind" -a "$kind" != flag
                set wants $kind
                set wanted $allowed
            end
        else if contains -- $word (string split -f 1 '|' -- $commands)
            set path $path $word
            __stdtools_table "$path"
        else
            set given 1
            test "$arguments" = command
            and set ended 1
        end
    end
    if test -n "$wants"
        set kind $wants
        set allowed $wanted
    else if test -z "$ended"; and string match -q -- '--*=*' $cur
        set before (string split -m 1 '=' -- $cur)[1]
        __stdtools_kind $before
        set before "$before="
        set cur (string split -m 1 '=' -- $cur)[2]
    else if test -z "$ended"; and string match -q -- '-*' $cur
        for line in $options
            set -l part (string split -m 3 '|' -- $line)
            for name in (string split -n ' ' -- $part[1])
                printf '%s\t%s\n' $name "$part[4]"
            end
        end
        return
    else if test -n "$commands"
        for line in $commands
            set -l part (string split -m 1 '|' -- $line)
            printf '%s\t%s\n' $part
        end
        return
    else
        set kind $arguments
        set allowed
    end
    switch $kind
        case words
            for name in $allowed
                printf '%s%s\n' $before $name
            end
        case ask
            set -l answer (command $typed[1] __complete $typed[2..-1] "$before$cur" 2>/dev/null)
            if test -n "$answer"
                for line in $answer
                    printf '%s%s\n' $before $line
                end
            else
                __fish_complete_path $cur | string replace -r -- '^' "$before"
            end
        case command
            if test -z "$given"
                __fish_complete_command
            else
                __fish_complete_path $cur
            end
        case flag
        case '*'
            __fish_complete_path $cur | string replace -r -- '^' "$before"
    end
end

complete -c stdtools -f -a '(__stdtools_complete)'
