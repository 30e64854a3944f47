# $subject: the file to run.
for cpu in cortex-a53 cortex-a76 max; do
  for arguments in --version "check --profile grid-arm64 $subject"; do
    # shellcheck disable=SC2086 # words are the arguments
    timeout 60 qemu-aarch64 -cpu "$cpu" "$subject" $arguments > output.txt 2>&1 && status=0 || status=$?
    { echo "$cpu: sarsen $arguments: exit status $status"; cat output.txt; } | tee -a transcript.txt
    [ "$status" = 0 ] || { echo "emulated: on $cpu, '$subject $arguments' ended with status $status" >&2; exit 1; }
    [ -s output.txt ] || { echo "emulated: on $cpu, '$subject $arguments' said nothing" >&2; exit 1; }
  done
done
