# Fetches the packages of the way on, and makes those of the way back of what is installed: a repository has one version of a package. In: state,
# on and back (package=version: of Kea there is one), on_dir and back_dir (names of directories, one for each list). Needs changes.sh.
set -eu
umask 022
export ASSUME_ALWAYS_YES=yes

# begin DIRECTORY: makes it anew: what was cut off as it was written is no package.
begin() {
	rm -rf "$1"
	mkdir -p "$1"
}

# whole DIRECTORY: says that it has all its packages.
whole() {
	sync "$1"/*.pkg "$1"
	: >"$1/whole"
	sync "$1"
}

listed=$(changes "$on")
dir=$state/packages/$back_dir
if [ ! -e "$dir/whole" ]; then
	begin "$dir"
	# With Kea comes back what the way on would change besides.
	for name in $(printf '%s\n' "$listed" | awk '$1 != "INSTALLED" { print $2 }'); do
		pkg create -o "$dir" "$name"
	done
	ls "$dir/${back%%=*}-${back#*=}.pkg"
	whole "$dir"
fi
dir=$state/packages/$on_dir
if [ ! -e "$dir/whole" ]; then
	begin "$dir"
	printf '%s\n' "$listed" | while read -r what name version; do
		case $what in '' | REMOVED) continue ;; esac
		pkg fetch -U -o "$dir" "$name-$version"
	done
	# Some repositories keep their packages under names with a checksum; one looks for what it needs beside it by the plain name.
	find "$dir" -type f -name '*.pkg' | while read -r package; do
		plain=$dir/$(pkg query -F "$package" '%n-%v').pkg
		[ "$package" = "$plain" ] || mv "$package" "$plain"
	done
	ls "$dir/${on%%=*}-${on#*=}.pkg"
	whole "$dir"
fi
