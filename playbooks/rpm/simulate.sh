# What the package manager would do, and whether it may begin. In: wanted (package=version, apart by blanks), gone (packages that go with a
# daemon that has an end: whatever else would go is told, too). A line for each package: Inst or Remv, and its name.
set -eu
set --
for one in $wanted; do
	set -- "$@" "${one%%=*}-${one#*=}"
done
status=0
said=$(LC_ALL=C dnf --assumeno ${gone:+--allowerasing} install "$@" 2>&1) || status=$?
case $said in
*"Operation aborted"* | *"Nothing to do"*) ;;
*)
	printf '%s\n' "$said" >&2
	[ "$status" != 0 ] || status=1
	exit "$status"
	;;
esac
printf '%s\n' "$said" | awk '
/^(Installing|Upgrading|Downgrading|Reinstalling|Installing [a-z ]*dependencies):$/ { verb = "Inst"; next }
/^Removing[a-z ]*:$/ { verb = "Remv"; next }
/^Transaction Summary/ { exit }
verb != "" && /^ [^ ]/ { print verb, $1 }'
