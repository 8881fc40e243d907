# Completion of kea-lockstep for bash 4.3 and later. For this shell:  source <(kea-lockstep completion bash)
# For every one:  kea-lockstep completion bash >/etc/bash_completion.d/kea-lockstep

_kea_lockstep() {
  local line=${COMP_LINE:0:COMP_POINT} typed=() kept='' blank word part char i
  COMPREPLY=()
  # bash parts words at = and : too; what no blank parts belongs together.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    blank=${line%%[![:space:]]*}
    line=${line#"$blank"}
    word=${COMP_WORDS[i]}
    ((i < COMP_CWORD)) || word=$line # up to the cursor
    line=${line#"$word"}
    if [[ $i -gt 0 && -z $blank ]]; then typed[-1]+=$word; else typed+=("$word"); fi
  done
  # Quotes are for the shell: what they hold is meant.
  typed=("${typed[@]//[\\\"\']/}")
  # Only what follows the last of those characters will be replaced.
  for char in = :; do
    word=${typed[-1]}
    [[ $COMP_WORDBREAKS == *$char* && $word == *$char* ]] || continue
    part=${word%"${word##*"$char"}"}
    ((${#part} <= ${#kept})) || kept=$part
  done
  local answer kind
  mapfile -t answer < <("$1" completion bash -- "${typed[@]:1}" 2>/dev/null)
  kind=${answer[0]-}
  case $kind in
    files) compopt -o default ;;
    directories) compopt -o dirnames ;;
    words)
      for word in "${answer[@]:1}"; do
        word=${word%%$'\t'*}
        COMPREPLY+=("${word#"$kept"}")
      done
      ;;
  esac
}

complete -F _kea_lockstep kea-lockstep
