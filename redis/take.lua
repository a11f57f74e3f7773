-- Lets calls go that are subject to several limits each, for one process at a time. One run requests,
-- returns and records everything for the waiting calls of a process, and what it grants is counted
-- in all limits at once.
--
-- A limit is a hash. Its fields are
--
--   t, s       units in the window, and how many of them calls without low priority took
--   <n>, s<n>  the same for time slot n
--   o          the oldest slot that may not be empty
--   a          when everything paid from the pace will have been refilled (the pace is a generic
--              cell rate)
--   p          until when no call goes, after a refusal by the server
--   u, f, r    until when the pace is slower, by what factor in thousandths, and when it was last
--              lowered
--   h          until when others are held back for a low-priority call that has waited long
--   c, d       the latest time the limit has seen, and the correction added to Redis's clock
--   i          the maker of the hash: it distinguishes a recreated hash from the one that was known
--
-- Times are in microseconds. If the clock goes back, time continues from the latest time seen, so
-- that nothing becomes free.
--
-- KEYS: the limits, and one more if ARGV[2] is 1. ARGV:
--
--   the maker of new hashes; 1 if this run must not happen twice (the last key then remembers it)
--   for each limit: units, length of a slot, number of slots, length of the window, microseconds per
--     unit (0: no pace), units that may go at once, the known maker of the hash (empty: anybody),
--     and the effect of a refusal: microseconds for which no call goes (-1: no refusal), and for
--     which the pace is slower
--   the number of uses to re-enter, and for each: limit, age in microseconds, units, 1 for low
--     priority
--   the number of uses to return, and for each: limit, slot, units, 1 for low priority, units of the
--     pace
--   the number of runs of similar calls, in order, and for each: kind (single, low, overdue), 1 to
--     only ask, number of calls, number of limits, and for each of these: limit, units per call,
--     units that the first call has paid
--
-- It returns "vanished" and the limits whose hash is not the known one, having done nothing; or
-- "repeated"; or "ok", for each limit its slot, factor and maker, and for each run the number of
-- calls that may go, and for the first one that may not: when to ask again, how long it will have to
-- wait, 1 if its first limit holds it back, and what it has paid of each limit.

local arg = 0
local function text()
	arg = arg + 1
	return ARGV[arg]
end
local function number() return tonumber(text()) end
local function whole(n) return string.format("%.0f", n) end

local maker, once = text(), text() == "1"
local clock = redis.call("TIME")
local real = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local limits, vanished = {}, {}
for i = 1, #KEYS - (once and 1 or 0) do
	local l = {
		key = KEYS[i], limit = number(), slot = number(), slots = number(), per = number(), interval = number(), burst = number(),
		known = text(), refused = number(), slowFor = number(), used = {}, ahead = 0,
	}
	local s = redis.call("HMGET", l.key, "t", "s", "o", "a", "p", "u", "f", "r", "h", "c", "d", "i")
	l.maker = s[12] or maker
	if l.known ~= "" and l.known ~= s[12] then vanished[#vanished + 1] = i end
	local offset = tonumber(s[11]) or 0
	local latest = tonumber(s[10]) or real + offset
	if real + offset < latest then offset = latest - real end
	l.offset, l.now = offset, real + offset
	l.current = math.floor(l.now / l.slot)
	l.total, l.single, l.oldest = tonumber(s[1]) or 0, tonumber(s[2]) or 0, tonumber(s[3]) or l.current
	l.paid = tonumber(s[4]) or 0
	l.pause, l.slow, l.factor, l.lowered = tonumber(s[5]) or 0, tonumber(s[6]) or 0, tonumber(s[7]) or 1000, tonumber(s[8]) or 0
	l.held = tonumber(s[9]) or 0
	if l.now >= l.slow then l.factor = 1000 end
	limits[i] = l
end
if #vanished > 0 then return {"vanished", vanished} end
-- This comes first because Redis refuses it when memory is full; after a command that frees memory
-- it would not be refused.
for _, l in ipairs(limits) do redis.call("HSET", l.key, "c", whole(l.now), "d", whole(l.offset), "i", l.maker) end
if once and not redis.call("SET", KEYS[#KEYS], "1", "NX", "PX", 60000) then return {"repeated"} end

-- slotUse returns what was used in a slot.
local function slotUse(l, slot)
	local field = whole(slot)
	local used = l.used[field]
	if not used then
		local s = redis.call("HMGET", l.key, field, "s" .. field)
		used = {tonumber(s[1]) or 0, tonumber(s[2]) or 0}
		l.used[field] = used
	end
	return used
end

local function add(l, slot, units, single)
	local used = slotUse(l, slot)
	used[1], l.total = used[1] + units, l.total + units
	if single then used[2], l.single = used[2] + units, l.single + units end
	used.changed = true
	l.oldest = math.min(l.oldest, slot)
end

-- forget drops expired slots. Only after a jump of the clock are there many more slots than those of
-- the window.
local function forget(l)
	local first = l.current - l.slots
	if first - l.oldest > 4 * l.slots then
		for _, field in ipairs(redis.call("HKEYS", l.key)) do
			if string.find(field, "^s?%d+$") then redis.call("HDEL", l.key, field) end
		end
		l.total, l.single, l.oldest = 0, 0, l.current
	end
	if l.total <= 0 then l.oldest = math.max(l.oldest, first) end
	while l.oldest < first do
		local used = slotUse(l, l.oldest)
		if used[1] ~= 0 or used[2] ~= 0 then
			l.total, l.single = l.total - used[1], l.single - used[2]
			redis.call("HDEL", l.key, whole(l.oldest), "s" .. whole(l.oldest))
		end
		l.used[whole(l.oldest)] = nil
		l.oldest = l.oldest + 1
	end
end

local function intervalOf(l) return l.interval * 1000 / l.factor end
local function burstOf(l, low) return low and l.burst * 3 / 4 or l.burst end

-- tokens returns how many units the pace has ready.
local function tokens(l, low)
	return math.floor(burstOf(l, low) - math.max(0, l.paid - l.now) / intervalOf(l) + 0.000001)
end

-- paidIn returns how long until the pace has that many units ready.
local function paidIn(l, low, units)
	if l.interval == 0 then return 0 end
	return math.max(0, math.ceil(math.max(l.paid, l.now) + (units - burstOf(l, low)) * intervalOf(l) - l.now))
end

-- roomIn returns how long until the window has room. A call larger than the whole limit fits when the
-- window is empty.
local function roomIn(l, units, room)
	local left, slot, wait = l.total, l.oldest, 0
	while left > 0 and left + units > room and slot <= l.current do
		local used = slotUse(l, slot)[1]
		left, slot = left - used, slot + 1
		if used > 0 then wait = (slot + l.slots) * l.slot - l.now end
	end
	return wait
end

-- roomFor returns how much of the limit a call may fill. While there are single calls, low-priority
-- calls leave some room for the next single one.
local function roomFor(l, kind, units)
	if kind ~= "low" or l.single <= 0 then return l.limit end
	local room = l.limit - math.max(1, math.floor(l.limit / 50))
	return units > room and l.limit or room
end

for _, l in ipairs(limits) do
	forget(l)
	if l.refused >= 0 then
		if l.now - l.lowered >= 1000000 then
			l.factor, l.lowered = math.max(math.floor(l.factor * 0.75), 250), l.now
		end
		l.slow, l.pause = l.now + l.slowFor, math.max(l.pause, l.now + l.refused)
	end
end

for _ = 1, number() do
	local l, age, units, low = limits[number()], number(), number(), text() == "1"
	local slot = math.floor((l.now - age) / l.slot)
	if slot >= l.current - l.slots then add(l, math.min(slot, l.current), units, not low) end
end

for _ = 1, number() do
	local l, slot, units, low, paid = limits[number()], number(), number(), text() == "1", number()
	if slot >= l.oldest and slot <= l.current then
		local used = slotUse(l, slot)
		add(l, slot, -math.min(units, low and used[1] - used[2] or used[2]), not low)
	end
	if l.interval > 0 then l.paid = math.max(l.now, l.paid - paid * intervalOf(l)) end
end

-- try lets one call go, or returns when to ask again, how long the call will have to wait, and
-- whether its first limit holds it back.
local function try(kind, dry, shares)
	local low = kind ~= "single"
	local free, again, wait, first = true, math.huge, 0, false
	local function keep(i, l, soon, long)
		free, again, wait, first = false, math.min(again, soon), math.max(wait, long), first or i == 1
		l.hold = math.max(l.hold or 0, long)
	end
	local holding = {}
	for i, sh in ipairs(shares) do holding[i] = limits[sh.limit].hold end
	for i, sh in ipairs(shares) do
		local l = limits[sh.limit]
		local pause = math.max(l.pause, low and 0 or l.held) - l.now
		local need = sh.units - sh.paid
		if dry then
			wait = math.max(wait, pause, paidIn(l, low, l.ahead + need))
			local units = math.min(l.ahead + sh.units, math.max(sh.units, l.limit))
			wait = math.max(wait, roomIn(l, units, roomFor(l, kind, sh.units)))
		elseif holding[i] then
			free, wait, first = false, math.max(wait, holding[i], paidIn(l, low, l.ahead + need)), first or i == 1
		elseif pause > 0 then
			keep(i, l, pause, pause)
		else
			if l.interval > 0 and need > 0 then
				local part = math.min(need, tokens(l, low))
				if part > 0 then
					l.paid = math.max(l.paid, l.now) + part * intervalOf(l)
					sh.paid, need = sh.paid + part, need - part
				end
				if need > 0 then
					keep(i, l, paidIn(l, low, math.min(need, math.max(1, math.floor(burstOf(l, low) / 2)))), paidIn(l, low, need))
				end
			else
				sh.paid = sh.units
			end
		end
		if not dry and not holding[i] then
			local room = roomIn(l, sh.units, roomFor(l, kind, sh.units))
			if room > 0 then keep(i, l, room, room) end
			if room > 0 and kind == "overdue" then
				l.held = l.now + math.min(room, 200000) + 50000
				again = math.min(again, 200000)
			end
		end
	end
	if dry or not free then return again, wait, first end
	for _, sh in ipairs(shares) do
		add(limits[sh.limit], limits[sh.limit].current, sh.units, not low)
		sh.paid = 0
	end
end

local runs = {}
for r = 1, number() do
	local kind, dry, calls, shares = text(), text() == "1", number(), {}
	for i = 1, number() do shares[i] = {limit = number(), units = number(), paid = number()} end
	local went, again, wait, first = 0, nil, 0, false
	while went < calls do
		again, wait, first = try(kind, dry, shares)
		if again then break end
		went = went + 1
	end
	local reply = {went, math.min(again or 0, 1e15), math.min(wait or 0, 9e15), first and 1 or 0}
	for _, sh in ipairs(shares) do
		reply[#reply + 1] = sh.paid
		if not dry then
			local l = limits[sh.limit]
			l.ahead = l.ahead + (calls - went) * sh.units - sh.paid
		end
	end
	runs[r] = reply
end

local states = {}
for i, l in ipairs(limits) do
	for field, used in pairs(l.used) do
		if used.changed and used[1] > 0 then
			redis.call("HSET", l.key, field, whole(used[1]), "s" .. field, whole(used[2]))
		elseif used.changed then
			redis.call("HDEL", l.key, field, "s" .. field)
		end
	end
	redis.call("HSET", l.key, "t", whole(math.max(l.total, 0)), "s", whole(math.max(l.single, 0)), "o", whole(l.oldest),
		"a", string.format("%.3f", l.paid), "p", whole(l.pause), "u", whole(l.slow), "f", whole(l.factor), "r", whole(l.lowered),
		"h", whole(l.held))
	redis.call("PEXPIRE", l.key, whole(math.ceil(math.max(2 * l.per, l.slow - l.now, l.pause - l.now) / 1000) + 1000))
	states[i] = {l.current, l.factor, l.maker}
end
return {"ok", states, runs}
