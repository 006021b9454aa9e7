# Completion of lotse in bash. For every new shell, in ~/.bashrc:  source <(lotse completion bash)

_lotse() {
  local program
  program=$(type -P -- "${1/#\~/$HOME}") || program=@PROGRAM@ # an alias has no path of its own

  # Readline cuts words at `=` and `:` too; put together again what has no blank in between.
  local line=${COMP_LINE:0:COMP_POINT} words=() word after
  for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    after=${line#"${line%%[![:space:]]*}"}
    if [[ $after == "$line" && ${#words[@]} -gt 0 ]]; then words[-1]+=$word; else words+=("$word"); fi
    line=${after#"$word"}
  done
  local before=${words[-1]%"$2"} # what readline leaves in place, as `--format=`
  words=("${words[@]//[\"\'\\]/}")

  COMPREPLY=()
  while IFS=$'\t' read -r word after; do
    case $word in
      :files) compopt -o default 2>/dev/null ;;    # readline's own, for it knows ~ and quotes
      :folders) compopt -o dirnames 2>/dev/null ;;
      *) COMPREPLY+=("${word#"$before"}") ;;
    esac
  done < <("$program" __complete -- "${words[@]:1}" 2>/dev/null)
}
complete -F _lotse lotse
