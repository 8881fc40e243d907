# belongs PROC: sets unit, of the process whose directory in /proc it is. Needs cgroup.sh.
belongs() { in_service "$1"; }
