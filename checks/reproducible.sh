# $first, $second: two outputs of one recipe.
(cd "$first" && find . -type f | LC_ALL=C sort | xargs sha256sum) > first.txt
(cd "$second" && find . -type f | LC_ALL=C sort | xargs sha256sum) > second.txt
{ echo "built:          $(cat first.txt)"; echo "built elsewhere: $(cat second.txt)"; } | tee digests.txt
[ -s first.txt ] || { echo "reproducible: nothing to compare in $first" >&2; exit 1; }
diff first.txt second.txt >&2 || { echo "reproducible: $first and $second differ" >&2; exit 1; }
