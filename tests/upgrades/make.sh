#!/bin/sh
# Makes NAME.sql beside this script from a larder of that version: tests/upgrades/make.sh PATH-TO-LARDER NAME
# It takes curl and python3. NAME is the latest step of that version's database.
set -eu
larder=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'kill $server 2>/dev/null || true; rm -rf "$work"' EXIT
"$larder" serve --listen 127.0.0.1:18090 --data "$work/data" >"$work/out" 2>"$work/log" &
server=$!
until grep -q '^Another app password' "$work/out"; do sleep 0.1; done
for user in ann bob; do "$larder" admin user create $user --quota 10000 --data "$work/data" >/dev/null; done
password() {
    "$larder" admin app-password create "$1" test --data "$work/data" | sed -n 's/^Password: *//p'
}
ann=$(password ann)
bob=$(password bob)
at=http://127.0.0.1:18090/dav
ask() { curl -sS -u "ann:$ann" -o "$work/answer" "$@"; }
put() { printf '%s' "$2" >"$work/body" && ask -T "$work/body" "$at/$1"; }

put plain.txt 'one content'
put versions.txt 'first'
put versions.txt 'second, longer'
put versions.txt 'third'
ask -X MKCOL "$at/Reports"
ask -X MKCOL "$at/Reports/2026"
put 'Reports/2026/q%C3%BC.txt' 'a name that is not ASCII'
ask -X COPY -H "Destination: $at/Reports/copy.txt" "$at/versions.txt"
put moved.txt 'moved about'
ask -X MOVE -H "Destination: $at/Reports/moved.txt" "$at/moved.txt"
put empty.txt ''
put removed.txt 'removed first'
ask -X DELETE "$at/removed.txt"
put removed.txt 'removed second'
ask -X DELETE "$at/removed.txt"
ask -X MKCOL "$at/Gone"
put Gone/inside.txt 'removed with its folder'
ask -X DELETE "$at/Gone"
put overwritten.txt 'lies below'
put over.txt 'lies above'
ask -X MOVE -H "Destination: $at/overwritten.txt" "$at/over.txt"
put .DS_Store 'what Finder keeps'
put ._plain.txt 'what macOS keeps'
ask -X PROPPATCH "$at/plain.txt" --data '<propertyupdate xmlns="DAV:"><set><prop><colour xmlns="urn:test">red</colour></prop></set></propertyupdate>'
ask -X LOCK -H 'Timeout: Second-3600' "$at/plain.txt" --data '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype><owner>ann</owner></lockinfo>'
ask -X REPORT -H 'Depth: 0' "$at/" --data '<sync-collection xmlns="DAV:"><sync-token/><sync-level>infinite</sync-level><prop><getetag/></prop></sync-collection>'
token=$(sed -n 's/.*sync-token>\(urn[^<]*\)<.*/\1/p' "$work/answer")
printf '%s' 'of somebody else' >"$work/body"
curl -sS -u "bob:$bob" -T "$work/body" "$at/plain.txt"

kill $server
wait $server || true
{
    echo "-- ann $ann"
    echo "-- token $token"
    python3 -c 'import sqlite3, sys
for line in sqlite3.connect(sys.argv[1]).iterdump(): print(line)' "$work/data/metadata.db"
} >"$here/$2.sql"
