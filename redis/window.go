package rongcloudredis

import "github.com/redis/go-redis/v9"

// windowScript asks for room in the window of what all processes used within a limit's time, as the limiter of package rongcloud keeps it for one. Time
// is Redis's own. The window is a hash: how much was used in each slot of time (the number of the slot, and s with
// the number for calls without low priority), their totals (t, s), the oldest slot that may still hold something (o), and what
// refusals by the server brought: until when nothing goes (p), until when the pace is slower (u), and by which factor (f).
//
// KEYS[1]: the hash. ARGV: units (negative: give back; zero: only ask), limit, time of a slot and of the whole in microseconds, number of slots, 1 for low
// priority, 1 to hold others back, 1 to take nothing.
//
// It returns the microseconds to wait, -1 if the units were taken, and the factor of the pace in thousandths.
var windowScript = redis.NewScript(`
local units, limit, slot, per, slots = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local low, hold, dry = ARGV[6] == "1", ARGV[7] == "1", ARGV[8] == "1"
local time = redis.call("TIME")
local now = time[1] * 1000000 + time[2]
local current = math.floor(now / slot)
local function name(prefix, slot) return prefix .. string.format("%.0f", slot) end

local state = redis.call("HMGET", KEYS[1], "t", "s", "o", "p", "u", "f", "h")
local total, single, oldest = tonumber(state[1]) or 0, tonumber(state[2]) or 0, tonumber(state[3]) or current
local pause, slow, factor, held = tonumber(state[4]) or 0, tonumber(state[5]) or 0, tonumber(state[6]) or 1000, tonumber(state[7]) or 0
if now >= slow then factor = 1000 end

-- Forget what is over. The hash itself is forgotten after twice the time, so the way is never long.
local first = current - slots
while oldest < first do
	local used = redis.call("HMGET", KEYS[1], name("", oldest), name("s", oldest))
	total = total - (tonumber(used[1]) or 0)
	single = single - (tonumber(used[2]) or 0)
	redis.call("HDEL", KEYS[1], name("", oldest), name("s", oldest))
	oldest = oldest + 1
end

local wait = 0
if units >= 0 then
	if pause > now then wait = pause - now end
	if not low and held > now then wait = math.max(wait, held - now) end
	local room = limit
	if low and not hold and single > 0 then
		room = limit - math.max(1, math.floor(limit / 50))
		if units > room then room = limit end
	end
	local left, at = total, oldest
	while left > 0 and left + units > room and at <= current do
		local used = tonumber(redis.call("HGET", KEYS[1], name("", at))) or 0
		left = left - used
		at = at + 1
		if used > 0 then wait = math.max(wait, (at + slots) * slot - now) end
	end
	if hold and wait > 0 then redis.call("HSET", KEYS[1], "h", now + math.min(wait, 200000) + 50000) end
end

if wait == 0 and not dry and units ~= 0 then
	redis.call("HINCRBY", KEYS[1], name("", current), units)
	total = total + units
	if not low then
		redis.call("HINCRBY", KEYS[1], name("s", current), units)
		single = single + units
	end
	wait = -1
end
redis.call("HSET", KEYS[1], "t", math.max(total, 0), "s", math.max(single, 0), "o", oldest)
redis.call("PEXPIRE", KEYS[1], math.ceil(math.max(2 * per, slow - now, pause - now) / 1000) + 1000)
return {wait, factor}
`)

// refusedScript notes a refusal by the server.
//
// KEYS[1]: the hash. ARGV: microseconds for which nothing goes, for which the pace is slower, within which refusals count as one; the step and the
// least factor, in thousandths.
var refusedScript = redis.NewScript(`
local time = redis.call("TIME")
local now = time[1] * 1000000 + time[2]
local state = redis.call("HMGET", KEYS[1], "p", "u", "f", "r")
local pause, slow, factor, last = tonumber(state[1]) or 0, tonumber(state[2]) or 0, tonumber(state[3]) or 1000, tonumber(state[4]) or 0
if now >= slow then factor = 1000 end
if now - last >= tonumber(ARGV[3]) then
	factor = math.max(math.floor(factor * tonumber(ARGV[4]) / 1000), tonumber(ARGV[5]))
	last = now
end
slow = now + tonumber(ARGV[2])
redis.call("HSET", KEYS[1], "p", math.max(pause, now + tonumber(ARGV[1])), "u", slow, "f", factor, "r", last)
local keep = math.ceil((math.max(slow, pause, now + tonumber(ARGV[1])) - now) / 1000) + 1000
if redis.call("PTTL", KEYS[1]) < keep then redis.call("PEXPIRE", KEYS[1], keep) end
return factor
`)
