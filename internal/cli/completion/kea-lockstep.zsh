#compdef kea-lockstep
# Completion of kea-lockstep for zsh. For this shell, after compinit:  source <(kea-lockstep completion zsh)
# For every one:  kea-lockstep completion zsh >DIRECTORY/_kea-lockstep    with a directory of $fpath

_kea-lockstep() {
  local -a answer texts shown
  local line text about
  answer=("${(@f)$("${(Q)words[1]}" completion zsh -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  case ${answer[1]-} in
    files)
      compset -P '-*='
      _files
      ;;
    directories)
      compset -P '-*='
      _files -/
      ;;
    words)
      for line in "${(@)answer[2,-1]}"; do
        text=${line%%$'\t'*} about=${line#*$'\t'}
        texts+=("$text")
        shown+=("$text${about:+  -- $about}")
      done
      compadd -l -d shown -a texts
      ;;
  esac
}

if [[ ${funcstack[1]} == _kea-lockstep ]]; then
  _kea-lockstep "$@"
else
  compdef _kea-lockstep kea-lockstep
fi
