# Packages. In: sources (shell patterns of package names), state. A transaction that was cut off leaves a package in two versions.
echo "@packages"
set -f
# shellcheck disable=SC2086 # patterns, a word each
set -- $sources
set +f
rpm -qa --qf '%{NAME}\t%{VERSION}-%{RELEASE}\n' "$@" | sort | awk -F '\t' -v sources="$sources" '
	{ name[NR] = $1; version[NR] = $2; times[$1]++ }
	END { split(sources, source, " "); for (i = 1; i <= NR; i++) print name[i] "\t" version[i] "\t" source[1] "\t" (times[name[i]] > 1 ? "iU " : "ii ") }'
echo "@interrupted"
echo "@fetched"
for whole in "$state"/packages/*/whole; do
	[ -e "$whole" ] || continue
	rpm -qp --qf '%{NAME}=%{VERSION}-%{RELEASE}\n' "${whole%/whole}"/*.rpm
done
echo "@end"
