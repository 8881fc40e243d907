# Holds the name of a scratch database against what such a name is. In: scratch.
case $scratch in
*[!a-z0-9_]*) scratched=no ;;
kea_lockstep_?*) scratched=yes ;;
*) scratched=no ;;
esac
if [ "$scratched" = no ]; then
	echo "$scratch is no scratch database" >&2
	exit 1
fi
