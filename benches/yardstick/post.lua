-- Posts the JSON text that stands behind `--` on the command line, and at the end prints what came of it as one line of
-- JSON. It has no `request` function, so wrk builds the request once.

function init(args)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.body = args[1]
end

function done(summary, latency)
  local errors = summary.errors
  local report = '{"calls":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"refused":%d,"broken":%d}\n'
  io.write(report:format(
    summary.requests,
    summary.duration / 1e6,
    latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3,
    errors.status,
    errors.connect + errors.read + errors.write + errors.timeout
  ))
end
