# Print the head and the tail of a job's output, and its size on standard error.
[ -d "$dir" ] || exit 2
[ -e "$dir/output" ] || exit 0
size=$(wc -c <"$dir/output")
echo "$((size))" >&2
if [ "$size" -le $((2 * half)) ]; then
	exec cat "$dir/output"
fi
head -c "$half" "$dir/output"
printf '\n[... %s bytes left out ...]\n' "$((size - 2 * half))"
tail -c "$half" "$dir/output"
