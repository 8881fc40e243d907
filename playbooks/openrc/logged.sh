# logged PID: nothing: what a daemon says to syslog does not stand under its number. What it writes to files of its own is read elsewhere.
logged() { :; }
