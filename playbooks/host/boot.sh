# What the system calls this boot.
set -eu
echo "@boot"
read -r boot </proc/sys/kernel/random/boot_id
echo "$boot"
