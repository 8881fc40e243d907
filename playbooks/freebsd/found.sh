# What keactrl starts stands in the table. It is the first script that a server runs, and looks for what all others need. In: nothing.
set -eu
lacks=
for tool in flock gbase64 gdate gstat gsync; do
	command -v "$tool" >/dev/null || lacks="$lacks $tool"
done
if [ -n "$lacks" ]; then
	echo "these programs are not there:$lacks. They are in the packages coreutils and flock: pkg install coreutils flock" >&2
	exit 1
fi
# Passwords of databases are handed over by descriptors.
if ! [ -e /dev/fd/3 ] 3</dev/null; then
	echo "there is no /dev/fd/3: mount -t fdescfs fdescfs /dev/fd, and put it into /etc/fstab" >&2
	exit 1
fi
echo "@found"
echo "@end"
