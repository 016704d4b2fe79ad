-- webhooks.lua - what wrk sends: events signed before, each once, or the same
-- ones over and over.
--
--     wrk ... -s webhooks.lua URL -- SPEC
--
-- SPEC is a file of Lua that returns {path, events, again, bodies = {{head,
-- tail}, ...}}, written by t/bench/webhooks. `events` names a file with a line
-- "ID BODY SIGNATURE" for each; its body is bodies[BODY] with the id between.
--   again = false    each once; at the end of the file wrk stops
--   again = true     in turn, until the time is over

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "result.lua")

local spec, next_line
local made, turn = {}, 0

local function request_text(line)
    local id, body, signature = line:match("^(%S+) (%S+) (%S+)$")
    local part = spec.bodies[tonumber(body)]
    local text = part[1] .. id .. part[2]
    return table.concat({ "POST " .. spec.path .. " HTTP/1.1", "Host: " .. wrk.headers["Host"],
        "Content-Type: application/json", "Webhook-Signature: " .. signature, "Content-Length: " .. #text, "", text }, "\r\n")
end

function init(args)
    spec = dofile(args[1])
    next_line = io.lines(spec.events)
    if spec.again then
        for line in next_line do
            made[#made + 1] = request_text(line)
        end
    end
end

-- When wrk is told to stop, connections at hand still want something to send: nothing that is counted.
local function nothing()
    return "GET /healthz HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\n\r\n"
end

function request()
    if spec.again then
        turn = turn % #made + 1
        return made[turn]
    end
    local line = next_line and next_line()
    if line then
        return request_text(line)
    end
    next_line = nil
    wrk.thread:stop()
    return nothing()
end
