# Lets the installed binary test a configuration, first alone (-t), then with its databases (-T): as the unit's user, with its
# environment and directories. In: unit, program, config, name (of the transient unit). Needs units.sh. Daemons are stopped.
set -eu
unit_file "$unit"
drop_ins "$unit"
# shellcheck disable=SC2086 # a list of paths without blanks
text=$(cat "$file" $parts)
set --
while read -r line; do
	case $line in
	User=* | Group=* | SupplementaryGroups=* | DynamicUser=* | UMask=* | WorkingDirectory=* | RootDirectory=*) ;;
	Environment=* | EnvironmentFile=* | PassEnvironment=* | UnsetEnvironment=*) ;;
	AmbientCapabilities=* | CapabilityBoundingSet=* | NoNewPrivileges=* | AppArmorProfile=* | SELinuxContext=*) ;;
	RuntimeDirectory*=* | StateDirectory*=* | LogsDirectory*=* | CacheDirectory*=* | ConfigurationDirectory*=*) ;;
	Limit*=* | Private*=* | Protect*=* | ReadWritePaths=* | ReadOnlyPaths=* | InaccessiblePaths=* | BindPaths=* | BindReadOnlyPaths=*) ;;
	*) continue ;;
	esac
	set -- "$@" "--property=$line"
done <<END
$text
END
# shellcheck disable=SC2016 # for the shell inside
systemd-run --quiet --wait --pipe --collect --unit="$name" --service-type=exec "$@" \
	/bin/sh -c '"$0" -t "$1" && exec "$0" -T "$1"' "$program" "$config" </dev/null 2>&1
