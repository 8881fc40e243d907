# fetched DIRECTORY PACKAGE=VERSION...: fetches these and what they newly need. In: gone (packages that go with a daemon that has an end,
# which would keep the others from coming).
fetched() {
	to=$1
	shift
	wanted='' goes=''
	for one; do
		wanted="$wanted ${one%%=*}-${one#*=}"
	done
	for one in $gone; do
		! rpm -q "$one" >/dev/null 2>&1 || goes="$goes $one"
	done
	if [ -n "$goes" ]; then
		# Only a transaction may do without what is installed.
		# shellcheck disable=SC2086 # a list of names
		dnf -q -y install --downloadonly --allowerasing --destdir "$to" $wanted
	else
		# shellcheck disable=SC2086
		dnf -q -y download --resolve --destdir "$to" $wanted
	fi
}
