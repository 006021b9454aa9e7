# Completion of lotse in fish. For every new shell:  lotse completion fish > ~/.config/fish/completions/lotse.fish

function __lotse_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    type -fq -- $program; or set program @PROGRAM@
    set -e words[1]
    set -l answer (command $program __complete -- $words "$current" 2>/dev/null)
    set -l option (string match -r -- '^--[^=]*=' "$current") # `--output=` stays before what is completed
    set -l value (string replace -r -- '^--[^=]*=' '' "$current")
    switch "$answer[1]"
        case ':files'
            string replace -r -- '^' "$option" (__fish_complete_path "$value")
        case ':folders'
            string replace -r -- '^' "$option" (__fish_complete_directories "$value" '')
        case '*'
            printf '%s\n' $answer
    end
end
complete -c lotse -f -k -a '(__lotse_complete)'
