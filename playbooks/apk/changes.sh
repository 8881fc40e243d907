# changes PACKAGE=VERSION...: what apk would do, a line each: verb, name, version that comes or goes.
changes() {
	said=$(apk add --simulate --no-progress "$@")
	printf '%s\n' "$said" | sed -nE 's/^\([0-9]+\/[0-9]+\) ([A-Z][a-z]+) ([^ ]+) \((.* -> )?([^ ]+)\).*/\1 \2 \4/p'
}
