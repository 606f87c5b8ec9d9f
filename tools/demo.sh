#!/usr/bin/env bash
# The flagship example, told step by step: raw files in, proven tables out, a bad batch stopped.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
example=examples/flights
stage=build/demo

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi
step=0
tell() { step=$((step + 1)); printf '\n%s%s. %s%s\n' "$bold" "$step" "$1" "$plain"; shift; for line in "$@"; do printf '   %s\n' "$line"; done; }
show() { printf '\n%s$ %s%s\n' "$bold" "$*" "$plain"; "$@"; }
expect() { want=$1; shift; code=0; show "$@" || code=$?; printf '(exit code %s)\n' "$code"; [ "$code" = "$want" ] || { echo "expected exit code $want"; exit 1; }; }

rm -rf "$stage"
mkdir -p build
cp -R "$example" "$stage"
cd "$stage"
rm data/flights/2013-12-31.csv.gz

tell "A project is a folder of plain declarations" \
  "sources/raw.yml says where files arrive; each file in assets/ is a table, named by its path." \
  "Real data: every flight that left New York in 2013. All days have arrived but the last."
show ls -R sources assets checks

tell "What would happen? A plan reads, and writes nothing"
show andon plan

tell "Run: land the bytes, build out of sight, prove, publish everything in one step"
show andon run
show andon query "select * from marts.known_limits order by n desc"

tell "What warned, and why that is right" \
  "Real data is dirty. One flight in six has a plane the register does not know: that check warns." \
  "A wind speed of 1,048 miles per hour is impossible: the row was set aside, with its reason." \
  "Three weather hours come twice in local time when daylight saving ends. In UTC none does, so" \
  "the table is keyed on origin and time_hour, and nothing real is thrown away."
show andon show staging.weather --failing

tell "The last day arrives, but somebody sent 200 rows twice: the line stops" \
  "The candidate is built out of sight and fails. Nothing of it is published: exit code 1."
cp planted/2013-12-31.csv.gz data/flights/
expect 1 andon run
show andon query "select count(*) as flights, max(day) as newest from staging.flights"

tell "Which rows were it?"
show andon show staging.flights --failing --limit 4

tell "The sender corrects the file: same path, new bytes, a new version. The line goes on" \
  "Everything that hangs together switches in one step: 336,776 flights, as published."
cp "../../$example/data/flights/2013-12-31.csv.gz" data/flights/
show andon run
show andon query "select sum(flights) as flights, min(flights) as fewest_a_day, max(flights) as most_a_day from marts.days"

tell "Nothing changed, nothing is done" \
  "A comment or a line break rebuilds nothing either."
printf '\n-- a remark\n' >> assets/marts/days.sql
show andon run

tell "Take it back: one command, all tables together, in one step"
show andon rollback
show andon query "select max(day) as newest from marts.flight_facts"
show andon history

tell "Ask for any moment, and let the line go on" \
  "What was withdrawn is not published again until its inputs or code change, or a person allows it."
show andon query --as-of 2 "select max(day) as newest from marts.flight_facts"
show andon rollback --release
show andon run
show andon query "select * from marts.months order by month"

printf '\n%sIt is all in %s. Next: cd %s, then andon show marts.carriers, andon ls, andon doctor,%s\n' "$bold" "$stage" "$stage" "$plain"
printf 'or change a file in assets/ and type andon plan. The tutorial is docs/tutorial/.\n'
