-- result.lua - how a run of wrk ends: one line "RESULT name=number ..." for the
-- caller (t/lib/Bench.pm); times in us.
function done(summary, latency, requests)
    local e = summary.errors
    io.write(string.format("RESULT requests=%d us=%d p50=%d p99=%d max=%d bad_status=%d broken=%d late=%d\n",
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
        e.status, e.connect + e.read + e.write, e.timeout))
end
