# Spares kea-admin what it would only skip: it runs a script for each schema that there ever was, and those that lead to one that
# the database is past say so and end. With a shell and a client each they are half of what a migration takes. In: state, run,
# scripts (kea-admin's own directory of them), now (the schema).

# ahead KIND: names the scripts that are not behind, and sets "steps", a directory for kea-admin with copies (it takes no links) of
# them; to nothing where none can be made, none may be run, or none is left: kea-admin takes a directory without any for a mistake.
ahead() {
	steps='' some=''
	for script in "$scripts/$1"/upgrade_*.sh; do
		major=${script##*/upgrade_}
		major=${major%%[._]*}
		! [ "$major" -lt "${now%%.*}" ] 2>/dev/null || continue
		some="$some ${script##*/}"
	done
	echo "schema $now, ahead:$some"
	made=$(mktemp -d "$state/runs/$run/scripts.XXXXXX") || return 0
	trap 'rm -rf "$made"' EXIT
	mkdir "$made/$1" || return 0
	# Some file systems and policies let nothing run that is not where packages put it.
	program=$made/may
	printf '#!/bin/sh\n' >"$program" && chmod 700 "$program" && "$program" 2>/dev/null || return 0
	for script in $some; do
		cp "$scripts/$1/$script" "$made/$1/" || return 0
	done
	[ -z "$some" ] || steps=$made
}
