# What systemd keeps of what processes wrote.

journal() { journalctl --quiet --no-pager --boot --output=cat "$@" 2>/dev/null; }

# logged PID: what a process wrote: its beginning, and its end where that is not the same.
logged() { journal "_PID=$1" | head -n 400 | awk '{ print } END { exit NR < 400 }' && journal "_PID=$1" --lines=400; }
