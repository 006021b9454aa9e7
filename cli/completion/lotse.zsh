#compdef lotse
# Completion of lotse in zsh. For every new shell, in ~/.zshrc after compinit:  source <(lotse completion zsh)
# or as a file _lotse in a folder of $fpath.

_lotse() {
  local program=${~words[1]} line
  [[ -x $program ]] || (( $+commands[$program] )) || program=@PROGRAM@
  local -a before=("${(@Q)words[2,CURRENT-1]}") candidates
  for line in "${(@f)$("$program" __complete -- "${(@)before}" "${(Q)PREFIX}" 2>/dev/null)}"; do
    case $line in
      :files)
        compset -P '--*='
        _files
        return
        ;;
      :folders)
        compset -P '--*='
        _files -/
        return
        ;;
      ?*) candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
    esac
  done
  _describe -V lotse candidates
}

if [[ $funcstack[1] == _lotse ]]; then
  _lotse "$@"
else
  compdef _lotse lotse
fi
