# Lets the installed binary test a configuration: as the unit's user, with its environment and directories. In: unit, program,
# config (where the unit's command line names none), flag (-t or -T), name (of the transient unit). Needs units.sh. Daemons are
# stopped; where theirs was another network or a VRF, it is tested there.
set -eu
unit_file "$unit"
unit_says "$unit" "$config"
text=$(unit_text)
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
	filled "$unit" "$line"
	set -- "$@" "--property=$filled"
done <<END
$text
END
[ -z "$network" ] || set -- "$@" "--property=NetworkNamespacePath=$network"
# shellcheck disable=SC2086 # words, or none
systemd-run --quiet --wait --pipe --collect --unit="$name" --service-type=exec "$@" ${vrf:+ip vrf exec $vrf} "$program" "$flag" "$config" </dev/null 2>&1
