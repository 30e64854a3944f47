# $first, $second: two outputs of one recipe.
list() { # list OUTPUT: each file by its digest, and what else there is: kind, permissions, where links lead
  (cd "$1" && find . -type f | LC_ALL=C sort | xargs sha256sum && find . -printf '%y %m %p %l\n' | LC_ALL=C sort)
}
list "$first" > first.txt
list "$second" > second.txt
for built in first second; do echo "$built: $(grep -E '^[0-9a-f]{64}  ' $built.txt | head -n 3)"; done | tee digests.txt
[ -s first.txt ] || { echo "reproducible: nothing to compare in $first" >&2; exit 1; }
diff first.txt second.txt >&2 || { echo "reproducible: $first and $second differ" >&2; exit 1; }
