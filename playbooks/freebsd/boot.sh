# What the system calls this boot: an opaque number, printed as "Format: Length:16 Dump:0x...".
set -eu
echo "@boot"
boot=$(sysctl -x kern.boot_id)
echo "${boot##*0x}"
