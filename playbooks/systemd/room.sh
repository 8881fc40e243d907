# Makes the run's directory for staged files, unless another run holds the server. In: state, run.
set -eu
umask 077
if [ -e "$state/claim" ]; then
	read -r holder _ <"$state/claim"
	if [ "$holder" != "$run" ]; then
		echo "run $holder holds this server" >&2
		exit 10
	fi
fi
mkdir -p "$state/runs/$run/staged"
