#!/usr/bin/env bash
# The recipes with curl alone. Each uses its own company.
set -euo pipefail

# The mock writes its address into the file as soon as it is ready.
cd "$(mktemp -d)"
ready=$PWD/ready
"${IDENTOMAT_MOCK:-identomat-mock}" --port 0 --any-company-key --ready-file "$ready" --log-level error >/dev/null &
mock=$!
trap 'kill $mock; wait $mock 2>/dev/null || true' EXIT
until [ -s "$ready" ]; do kill -0 $mock; done
url=$(head -n 1 "$ready")

json() { curl -sS -H 'Content-Type: application/json' "$@"; }
begin() { json "$url/external-api/begin/" -d "{\"company_key\": \"$1\"}" | tr -d '"'; }
result() { json "$url/external-api/result/" -d "{\"company_key\": \"$1\", \"session_token\": \"$2\"}"; }
# --fail-with-body ends the script with the mock's message if the verification fails.
admin() { json --fail-with-body "$url/__admin/$1" "${@:2}"; echo; }
expect() { grep -- "$1" > /dev/null || { echo "not what was expected: $1" >&2; exit 1; }; }

# recipe: completion
key=test-completion
token=$(begin $key)
admin "wait/session/$token?until=finished&timeout=5s" > waited &
admin "sessions/$token/finish" -d '{}' > finished
wait $!
expect '"current_result":"APPROVED"' < waited
# end

# recipe: race
key=test-race
admin scenarios/queue -d "{\"company_key\": \"$key\", \"scenarios\": [\"done-before-verdict\"]}"
token=$(begin $key)
admin "sessions/$token/finish" -d '{}'
until result $key "$token" | grep '"result":"APPROVED"' > /dev/null; do :; done
admin calls/verify -d "{\"company_key\": \"$key\", \"session\": \"$token\", \"endpoint\": \"result\", \"exactly\": 3}"
# end

# recipe: retry
key=test-retry
token=$(begin $key)
admin faults -d "{\"company_key\": \"$key\", \"endpoint\": \"result\", \"status\": 503, \"times\": 2}"
call="{\"company_key\": \"$key\", \"session_token\": \"$token\"}"
json --retry 3 --retry-delay 1 "$url/external-api/result/" -d "$call" | expect '"result":"IN_PROGRESS"'
admin calls/verify -d "{\"company_key\": \"$key\", \"endpoint\": \"result\", \"status\": 503, \"exactly\": 2}"
# end

# recipe: time-out
key=test-time-out
token=$(begin $key)
admin faults -d "{\"company_key\": \"$key\", \"endpoint\": \"result\", \"delay\": \"1h\"}"
call="{\"company_key\": \"$key\", \"session_token\": \"$token\"}"
! json --max-time 0.2 "$url/external-api/result/" -d "$call"
result $key "$token" | expect '"result":"IN_PROGRESS"'
# end

# recipe: parallel
for outcome in APPROVED REJECTED MANUAL_CHECK; do
  (
    key=test-parallel-$outcome
    token=$(begin $key)
    admin "sessions/$token/finish" -d "{\"outcome\": \"$outcome\"}"
    result $key "$token" | expect "\"result\":\"$outcome\""
    admin calls/verify -d "{\"company_key\": \"$key\", \"exactly\": 2}"
  ) & parallel+=($!)
done
for test in "${parallel[@]}"; do wait "$test"; done
# end

# recipe: expiry
key=test-expiry
token=$(begin $key)
admin clock/advance -d "{\"company_key\": \"$key\", \"by\": \"15m\"}"
admin "wait/session/$token?until=expired"
curl -sS "$url/?session_token=$token" | expect 'expired'
# end
echo 'all recipes went well'
