# $subject: the file to judge; $sarsen: the judge.
"$sarsen/bin/sarsen" check --profile grid-arm64 "$subject" | tee verdict.txt
