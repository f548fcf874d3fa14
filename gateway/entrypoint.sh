#!/bin/sh
# Starts nginx with the operators' door open or closed, as OPERATORS_DOOR says.
set -eu
case "${OPERATORS_DOOR:=open}" in
open | closed) ;;
*)
  echo "OPERATORS_DOOR must be one of open, closed, not \"$OPERATORS_DOOR\"" >&2
  exit 1
  ;;
esac
addresses=/etc/nginx/gateway.d/operators-door
{
  echo "default $OPERATORS_DOOR;"
  if [ -e $addresses ]; then cat $addresses; fi
} >/tmp/operators-door
exec nginx "$@"
