# Wants the prefix to be a symbolic link. An operator's own install stands in this one's place. In: prefix.
if ! [ -L "$prefix" ]; then
	echo "$prefix is no symbolic link to a tree: a playbook of your own has to say how a tree is put there (docs/playbooks.md, Kea from source)" >&2
	exit 1
fi
