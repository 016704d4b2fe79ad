-- orders.lua - what wrk sends: orders paid in the same call, each with a key
-- of its own, or a mixture with cheap calls.
--
--     wrk ... -s orders.lua URL -- SPEC
--
-- SPEC is a file of Lua that returns {authorization, run, mode, shops =
-- {{event, ticket_type, promo code or nothing}, ...}, again = {key, body}}; written by
-- orders_spec() of t/lib/Bench.pm, because a key on a command line is seen by everybody.
--   mode "checkout"  each request buys 2 tickets, from the shops in turn
--   mode "mix"       of 40 requests 1 is a checkout, 19 repeat an answered one
--                    (again) with its key, 20 read the event

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "result.lua")

local threads = 0

function setup(thread)
    thread:set("id", threads)
    threads = threads + 1
end

local spec, n = nil, 0

local function request_text(method, path, key, body)
    local head = { method .. " " .. path .. " HTTP/1.1", "Host: " .. wrk.headers["Host"],
        "Authorization: " .. spec.authorization }
    if key then
        head[#head + 1] = "Idempotency-Key: " .. key
        head[#head + 1] = "Content-Type: application/json"
        head[#head + 1] = "Content-Length: " .. #body
    end
    return table.concat(head, "\r\n") .. "\r\n\r\n" .. (body or "")
end

local function order(number, key)
    local shop = spec.shops[number % #spec.shops + 1]
    local body = string.format('{"event":"%s","items":[{"ticket_type":"%s","quantity":2}],' ..
        '"guest":{"email":"guest%d@example.com","name":"Ada Guest"},"payment_token":"tok_visa"%s}',
        shop[1], shop[2], number, shop[3] and ',"promo_code":"' .. shop[3] .. '"' or "")
    return request_text("POST", "/v1/orders", key, body)
end

-- Keys begin with random digits, as callers' keys do, so that each lands
-- anywhere in the index; run, thread and number make them unique.
local function new_key()
    return string.format("%06x%06x%s%02x%06x", math.random(0, 0xffffff), math.random(0, 0xffffff), spec.run, id, n)
end

function init(args)
    spec = dofile(args[1])
    math.randomseed(tonumber(spec.run, 16) * 64 + id)
end

local repeated, read

function request()
    n = n + 1
    if spec.mode == "mix" then
        local turn = n % 40
        if turn > 0 and turn % 2 == 0 then
            repeated = repeated or request_text("POST", "/v1/orders", spec.again[1], spec.again[2])
            return repeated
        elseif turn > 0 then
            read = read or request_text("GET", "/v1/events/" .. spec.shops[1][1])
            return read
        end
    end
    return order(n, new_key())
end
