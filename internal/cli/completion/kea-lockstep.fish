# Completion of kea-lockstep for fish. For this shell:  kea-lockstep completion fish | source
# For every one:  kea-lockstep completion fish >~/.config/fish/completions/kea-lockstep.fish

function __kea_lockstep_complete
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    set -q current[1]; or set current ''
    set -l program $typed[1]
    set -e typed[1]
    set -l answer (command $program completion fish -- $typed $current 2>/dev/null)
    set -l kind $answer[1]
    set -e answer[1]
    # A value that stands in one word with its flag keeps the flag before it.
    set -l lead (string match -r -- '^--?[^=]+=' $current)
    set -q lead[1]; or set lead ''
    set -l value (string replace -r -- '^--?[^=]+=' '' $current)
    switch "$kind"
        case files
            printf '%s\n' $lead(__fish_complete_path $value)
        case directories
            printf '%s\n' $lead(__fish_complete_directories $value)
        case words
            printf '%s\n' $answer
    end
end

complete -c kea-lockstep -f -a '(__kea_lockstep_complete)'
