#!/bin/sh
# Starts nginx as the environment says: where the services are, whether the operators' door is open, and
# which origins' pages may call the API.
set -eu

: "${USER_SERVICE_URL:=http://user:3001}"
: "${PRODUCT_SERVICE_URL:=http://product:3002}"
: "${ORDER_SERVICE_URL:=http://order:3003}"
: "${RELAY_SERVICE_URL:=http://relay:3004}"
: "${RESOLVER:=127.0.0.11}"
: "${OPERATORS_DOOR:=open}"
: "${CORS_ORIGINS:=}"

is_valid=true
# require <variable> <its value> <pattern> <what it must be>
require() {
  # a line break becomes a character of no pattern: grep would take each line by itself
  if ! { printf '%s' "$2" | tr '\n' '\001' && echo; } | grep -Eqx -e "$3"; then
    echo "$1 must be $4, not \"$2\"" >&2
    is_valid=false
  fi
}
port='(:[0-9]{1,5})?'
host='([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])'
service="http://$host$port/?"
expected='a URL such as http://orders.internal:3003, without a path'
require USER_SERVICE_URL "$USER_SERVICE_URL" "$service" "$expected"
require PRODUCT_SERVICE_URL "$PRODUCT_SERVICE_URL" "$service" "$expected"
require ORDER_SERVICE_URL "$ORDER_SERVICE_URL" "$service" "$expected"
require RELAY_SERVICE_URL "$RELAY_SERVICE_URL" "$service" "$expected"
require RESOLVER "$RESOLVER" "$host$port( $host$port)*" 'addresses of DNS servers, separated by spaces'
require OPERATORS_DOOR "$OPERATORS_DOOR" 'open|closed' 'one of open, closed'
origin="https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])$port"
origins='origins such as https://app.example.com, without path and standard port, separated by commas, or *'
require CORS_ORIGINS "$CORS_ORIGINS" "($origin(, *$origin)*|\*)?" "$origins"
# a browser leaves the standard port out, so such an origin would never match
if echo "$CORS_ORIGINS" | grep -Eq '(http://[^,]*:80|https://[^,]*:443)(,|$)'; then
  require CORS_ORIGINS "$CORS_ORIGINS" '' "$origins"
fi
$is_valid || exit 1

# constant <variable of nginx> <value>
constant() { echo "map '' \$$1 { default '$2'; }"; }
# service <name> <URL>
service() { constant "$1_service" "$(printf '%s' "${2#http://}" | tr -d /)"; }
{
  service user "$USER_SERVICE_URL"
  service product "$PRODUCT_SERVICE_URL"
  service order "$ORDER_SERVICE_URL"
  service relay "$RELAY_SERVICE_URL"
  # names are looked up again after a second, so that replicas come and go without a reload
  echo "resolver $RESOLVER valid=1s ipv6=off;"
  constant cors_vary "${CORS_ORIGINS:+Origin}"
  echo "map \$http_origin \$cors_origin {"
  echo "  default '';"
  if [ "$CORS_ORIGINS" = '*' ]; then
    echo "  ~. '*';"
  else
    echo "$CORS_ORIGINS" | tr -d ' ' | tr ',' '\n' | sed "/./!d; s/[].[]/\\\\&/g; s/.*/  '~^&\$' \$http_origin;/"
  fi
  echo '}'
} >/tmp/environment.conf

addresses=/etc/nginx/gateway.d/operators-door
{
  echo "default $OPERATORS_DOOR;"
  if [ -e $addresses ]; then cat $addresses; fi
} >/tmp/operators-door
exec nginx "$@"
