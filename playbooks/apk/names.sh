# What apk's own lists say. In: sources (what packages are built from).

# ours: the installed packages of Kea, a line each: name and version.
ours() {
	awk -v sources=" $sources " 'BEGIN { RS = ""; FS = "\n" } {
		name = version = origin = ""
		for (i = 1; i <= NF; i++) {
			if ($i ~ /^P:/) name = substr($i, 3)
			if ($i ~ /^V:/) version = substr($i, 3)
			if ($i ~ /^o:/) origin = substr($i, 3)
		}
		if (index(sources, " " origin " ") > 0) print name " " version
	}' /lib/apk/db/installed
}
