#!/bin/sh
# Which rules fire on which samples: a line for each rule, in the order of the rules files, with the samples and how often.
#
#   samples/table.sh [RULES…]        rules files; without, the built-in set
#
# $SCAP is the program (default target/release/scap). All rules that match an event count, not only the first.
set -eu

here=$(realpath "$(dirname "$0")")
scap=${SCAP:-$here/../target/release/scap}
rules=''
for file; do
    rules="$rules --rules $file"
done

found=$(mktemp)
trap 'rm -f "$found"' EXIT INT TERM
for trace in "$here"/traces/*.zst; do
    # shellcheck disable=SC2086 # the rules are words
    "$scap" analyze "$trace" $rules --rule-matching all --format json --quiet --no-suggested-output |
        grep -o '"priority":"[^"]*","rule":"[^"]*"' | sed 's/.*"rule":"//; s/"$//' | sort | uniq -c |
        sed "s/^ *\([0-9]*\) \(.*\)/\2	$(basename "$trace" .zst) \1/" >>"$found" || :
done
# shellcheck disable=SC2086
"$scap" rules list $rules | sed 's/^[A-Z][a-z]*  *//; s/  \[.*//' |
    awk -F '\t' 'NR == FNR { on[$1] = on[$1] (on[$1] == "" ? "" : ", ") $2; next }
        { total++; if ($0 in on) fired++; print "| " $0 " | " ($0 in on ? on[$0] : "-") " |" }
        END { print ""; print fired + 0 " of " total " rules fire" }' "$found" -
