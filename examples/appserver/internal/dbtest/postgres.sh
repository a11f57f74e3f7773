#!/bin/sh
# Starts PostgreSQL with its data in folder $1, at port $2, with the programs in folder $3. On Linux
# it ends when the process that started it ends.
set -e
with=
if command -v setpriv >/dev/null; then
	with="setpriv --pdeathsig KILL"
	if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
		chown nobody "$1"
		with="$with --reuid=nobody --clear-groups"
	fi
fi
cd "$1"
[ -d "$1/data" ] || $with "$3/initdb" -D "$1/data" -U postgres -A trust -E UTF8 --locale=C -N >&2
exec $with "$3/postgres" -D "$1/data" -p "$2" -h 127.0.0.1 -k "$1" -F -c max_connections=200 -c log_min_messages=panic
