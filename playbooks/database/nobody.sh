# Begins what may happen to a database that nobody is in: what comes after the gates must not write into what is replaced. Needs
# client.sh, others.sh and alone.sh.
set -eu
alone
