# Makes the run's directory for staged files, unless another run holds the server. In: state, run, paths (of
# the files to be staged, a line each).
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
while read -r path; do
	mkdir -p "$state/runs/$run/staged${path%/*}"
done <<END
$paths
END
