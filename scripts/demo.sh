#!/bin/sh
# A short tour on real files of this machine. Every command line is printed before its output.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
export XDG_CONFIG_HOME="$place/config"  # what the tour sets is not yours

bold=$(printf '\033[1m') cyan=$(printf '\033[36m') plain=$(printf '\033[0m')
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] || bold='' cyan='' plain=''

title() {
    printf '\n%s# %s%s\n' "$cyan" "$1" "$plain"
}
tour() {
    printf '\n%s$ %s%s\n' "$bold" "$1" "$plain"
    sh -c "$1" 2>&1
}

ls_path=$(command -v ls)
zone=/usr/share/zoneinfo/Europe/Berlin

tour 'stdtools --version'

title 'Binary records: what is in the first bytes of a program on this machine?'
tour "stdtools unpack --layout elf64 $ls_path --dump | head -n 12"
title 'The same as JSON'
tour "stdtools unpack --layout elf64 $ls_path --jsonl"
if [ -e "$zone" ]; then
    title 'A time zone file'
    tour "stdtools unpack --layout tzif $zone --format table"
fi

title 'Make records, look at them, change one field, and prove that nothing else changed'
tour "stdtools pack '<I:id H:port 16s:host' 7 443 example.org > one.bin"
tour "stdtools unpack '<I:id H:port 16s:host' one.bin --dump"
tour "stdtools pack '<H:port' 8443 --into one.bin --at 4"
tour "stdtools unpack '<I:id H:port 16s:host' one.bin --jsonl"
tour "stdtools unpack '<I:id H:port 16s:host' one.bin --jsonl | stdtools pack '<I:id H:port 16s:host' | cmp - one.bin && echo identical"

title 'A layout says what it means, and --explain says how Python does it'
tour "stdtools unpack '@b:kind I:id d:value' --describe --format table"
tour "stdtools unpack '<I:id H:port' one.bin --explain"

title 'A log that rotates, kept by four writers at once: read as one, and checked'
tour 'for n in 1 2 3 4; do seq -f "writer $n line %g" 5000 | stdtools log write app.log --max-bytes 100k --backups 9 --compress gz & done; wait'
tour 'stdtools log verify app.log --format table'
tour 'stdtools log view app.log --grep "writer 3" | tail -n 2'
title 'What a command says, with its exit code kept'
tour 'stdtools log run job.log --timestamp --tag -- sh -c "echo working; echo no disk >&2; exit 3" || echo "exit code $?"'

title 'Files: the largest libraries, what lies where, and which test hides a file'
tour "stdtools find /usr/lib -n '*.so*' -t f --size '>1M' --sort size --reverse --max-results 5 --long"
tour "stdtools find /usr/share --where 'ext in {\"gz\", \"xz\"} and 10*KB < size < 20*KB' --jsonl --columns path,size --max-results 3"
tour 'stdtools walk /usr/lib --sizes -d 1 --dirs --sort size --reverse --limit 5'
tour 'stdtools walk /usr/share --by ext | head -n 5'
tour "stdtools walk . && stdtools find . -N '*.log*' --why app.log || true"

title 'Many at a time: a command, a text for sh, a Python expression; what failed is told at the end'
tour "stdtools find /usr/share/doc -n 'changelog*.gz' -0 --max-results 200 | stdtools par -0 -n auto gzip -t && echo 'all whole'"
tour "stdtools par --tag --shell 'gzip -9 < {} | wc -c' ::: one.bin app.log"
tour "stdtools find /usr/bin -t f --columns name,size --jsonl | stdtools par --json-in --py 'json[\"size\"]' | sort -n | tail -n 1"
tour "stdtools par --shell 'test {} != b || { echo no room >&2; exit 3; }' ::: a b c || echo \"exit code \$?\""

title 'Values under keys, for any number of processes: counters, times to live, queues, any shelf of Python'
tour "stdtools kv --store ./tour.db set greeting 'hello world' && stdtools kv --store ./tour.db get greeting; echo"
tour 'for n in 1 2 3 4; do stdtools kv --store ./tour.db incr visits > visits.$n & done; wait; stdtools kv --store ./tour.db get visits'
tour "stdtools kv --store ./tour.db set lock \$\$ --if-absent --ttl 30s && stdtools kv --store ./tour.db list --format table"
tour "python3 -c 'import dbm.dumb, shelve; shelve.Shelf(dbm.dumb.open(\"old\", \"c\")).update(a=1, b=[2])' && stdtools kv --store ./old list --format table"

title 'Tasks from a CSV file: listed, done, undone, counted, asked in SQL'
cp "$(python3 -c 'import stdtools.tasks as t; print(t.__path__[0])')/examples/plan.csv" .
tour 'stdtools tasks --db ./plan.db import plan.csv --format table'
tour 'stdtools tasks --db ./plan.db list --limit 5 --format table'
tour 'stdtools tasks --db ./plan.db done 1 2 && stdtools tasks --db ./plan.db undo --format table'
tour 'stdtools tasks --db ./plan.db stats --format table'
tour "stdtools tasks sql 'select project, count(*) as n from plan group by 1 order by 2 desc' plan.csv --format table"

title 'How two files differ: a patch that patch takes, two columns, words; what does not count; the closest of all words'
python=$(python3 -c 'import os; print(os.path.dirname(os.__file__))')
tour "stdtools diff --no-timestamps -U 0 $python/json/decoder.py $python/json/encoder.py | head -n 12"
tour "sed 's/JSON/Json/; 20,30d' $python/json/decoder.py > decoder.py; stdtools diff --stat $python/json/decoder.py decoder.py || true"
tour "stdtools diff $python/json/decoder.py decoder.py | patch -s -o made.py $python/json/decoder.py && cmp made.py decoder.py && echo identical"
tour "stdtools diff --word --no-timestamps -U 0 $python/json/decoder.py decoder.py | head -n 8"
tour "stdtools diff -i $python/json/decoder.py decoder.py --numstat || true"
tour "stdtools diff -q -r $python/json $python/email | head -n 5"
tour "ls $python | stdtools diff --closest subproces.py"

title 'Templates: a configuration from the environment, a line and a file for each of many records'
tour "printf 'user \${USER:-nobody}; home \$HOME; host \$host;\n' | stdtools tmpl --env --keep"
tour "stdtools find /usr/lib -t f --sort size --reverse --max-results 3 --jsonl | stdtools tmpl -e '\$path takes \$size bytes' --each -"
tour "awk -F: -v OFS=, 'BEGIN {print \"user,home\"} {print \$1, \$6}' /etc/passwd | head -n 4 | stdtools tmpl -e 'home of \$user: \$home' --each - -o 'homes/\$user.txt' -v && cat homes/root.txt"
tour "stdtools tmpl -e 'listen \$prot; \${' -D port=80 || echo \"exit code \$?\""

title 'Lines: what comes how often, which are the largest, one of a million, and a change that is looked at first'
tour 'stdtools count -d : --field -1 /etc/passwd --percent --format table'
tour "stdtools find /usr/lib -t f | stdtools count --regex '[.]([a-z]+)$' -n 4 --running"
tour "stdtools find /usr/lib -t f --jsonl --columns path,size | stdtools top -n 2 --by size"
tour "stdtools find $python -e py | LC_ALL=C sort > paths; stdtools look $python/json paths | stdtools lines 1,-1"
tour "stdtools lines --match 'json/__init__' --around 1 --numbers paths"
tour "printf 'user=alice role=admin\nuser=bob role=guest\n' > roles; stdtools sub 'role=(\w+)' 'role=\1s' -n roles; stdtools sub 'user=(?P<user>\w+) role=(?P<role>\w+)' --extract --jsonl roles"
tour "stdtools count --explain -n 3 roles"
tour "sort -r roles | stdtools sponge roles; cat roles; stdtools find /usr/lib -n '*.so' -t l --max-results 2 | stdtools path name,real -"
tour "stdtools copy $python/json saved -v 2>&1 | tail -n 1; stdtools copy -u --verify $python/json/. saved -v; stdtools find saved -n 'd*.py' -0 | stdtools copy --from0 - --into sources --strip 1 -n"

title 'Dates and pickles: in one form, in another, how long between; what a pickle would run'
tour "stdtools date 'friday 15:00' eom '2 hours ago' --tz Europe/Berlin; stdtools date --diff 2026-01-31 2026-11-26T12:00"
tour "stdtools find /usr/lib -t f --jsonl --columns path,mtime --max-results 2 | stdtools date --column mtime --to words"
tour "stdtools date 2026-10-25T02:30 --tz Europe/Berlin || echo \"exit code \$?\""
tour "printf 'cposix\\nsystem\\n(S\"rm -r /\"\\ntR.' | tee bad.pickle | stdtools unpickle; stdtools unpickle --globals bad.pickle || echo \"exit code \$?\""

title 'Text: what a file is in, what is wrong with it, several encodings in one file, and how mojibake came to be'
first=$(find -L /usr/share/locale /usr/share/man -type f -name '*.[1-8]' -o -type f -name '*.mo' 2>/dev/null | head -n 1)
tour "stdtools fixenc --detect $ls_path ${first:-$ls_path} /etc/passwd"
tour "printf 'Die Stra\\337e f\\374hrt \\374ber die Br\\374cke\\n' > old.txt && stdtools fixenc --detect --format table old.txt"
tour 'stdtools fixenc -n old.txt'
tour "{ cat old.txt; echo 'Über die Brücke'; } > both.txt; stdtools fixenc --check both.txt | head -n 2; stdtools fixenc --mixed both.txt"
tour "stdtools fixenc --why 'K√∂nig' --format table"

title 'Defaults that are checked, and what Tab offers'
tour "stdtools config set count.format jsonl; echo hi | stdtools count; stdtools config show; stdtools config unset count.format"
tour "stdtools config set count.fromat csv || echo \"exit code \$?\""
tour "stdtools __complete date --tz Europe/B | tr '\\n' ' '; stdtools help exit-codes | head -n 6"

title 'A mistake is told in one place, with a way out'
tour "stdtools unpack '<I:id k:port' one.bin || true"
tour "stdtools pack '<H:port' 70000 || true"

title 'Every run left a line in the journal of stdtools'
tour 'stdtools log view --format table -n 8'
