-- Charges `cost` points against three limits, all or none of them, after giving back what earlier
-- requests of the same key did not use.
-- KEYS  1 burst of the key (a theoretical arrival time, GCRA)   2 points of the tenant's minute
--       3 points of the tenant's month   4 usage of the day (hash: p:<key>:<operation> points, r:… requests)
--       5 operation names of the day (set)   6 what Postgres does not have yet (hash: <day>:<key>:<operation>,
--       when it changed)
-- ARGV  1 cost  2 burst  3 refill a second  4 points a minute  5 points a month  6 milliseconds left in
--       the month  7 day  8 key  9 operation  10 how many names a day may have
--       11 credit  12 how much of it is of this minute  13… the credit's operations: name, points
-- Reply {refused by (0 none, 1 burst, 2 minute, 3 month, -1 the month is not known here),
--        left of burst, of minute, of month, milliseconds to wait, until burst is full, until minute is,
--        1 where the request counts under another name than its own}
local cost, burst, refill = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local minute, month = tonumber(ARGV[4]), tonumber(ARGV[5])
local day, key, operation = ARGV[7], ARGV[8], ARGV[9]
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local left_in_minute = math.ceil(60000 - now % 60000)
local changed = time[1] .. '.' .. time[2]

local used_month = tonumber(redis.call('GET', KEYS[3]))
if not used_month then
  return {-1, 0, 0, 0, 0, 0, 0, 0}
end
local used_minute = tonumber(redis.call('GET', KEYS[2]) or 0)
local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)

local credit = tonumber(ARGV[11])
if credit > 0 then
  tat = math.max(now, tat - credit * 1000 / refill)
  redis.call('SET', KEYS[1], string.format('%.3f', tat), 'PX', math.ceil(tat - now) + 1000)
  local of_minute = math.min(used_minute, tonumber(ARGV[12]))
  if of_minute > 0 then
    used_minute = redis.call('DECRBY', KEYS[2], of_minute)
  end
  for i = 13, #ARGV, 2 do
    local field = key .. ':' .. ARGV[i]
    local points = math.min(tonumber(ARGV[i + 1]), tonumber(redis.call('HGET', KEYS[4], 'p:' .. field) or 0))
    if points > 0 then
      redis.call('HINCRBY', KEYS[4], 'p:' .. field, -points)
      redis.call('HSET', KEYS[6], day .. ':' .. field, changed)
      used_month = redis.call('DECRBY', KEYS[3], math.min(used_month, points))
    end
  end
end

local other = 0
local function reply(refused, wait)
  return {refused, math.floor(math.max(0, burst - (tat - now) * refill / 1000)), math.max(0, minute - used_minute),
    math.max(0, month - used_month), wait, math.ceil(tat - now), left_in_minute, other}
end
local new_tat = tat + cost * 1000 / refill
local over_burst = new_tat - now - burst * 1000 / refill
if over_burst > 0 then
  return reply(1, math.ceil(over_burst))
end
if used_minute + cost > minute then
  return reply(2, left_in_minute)
end
if used_month + cost > month then
  return reply(3, tonumber(ARGV[6]))
end

if cost > 0 then
  if operation ~= '' and redis.call('SISMEMBER', KEYS[5], operation) == 0 then
    if redis.call('SCARD', KEYS[5]) < tonumber(ARGV[10]) then
      redis.call('SADD', KEYS[5], operation)
      redis.call('EXPIRE', KEYS[5], 3 * 86400)
    else
      operation, other = 'other', 1
    end
  end
  tat = new_tat
  redis.call('SET', KEYS[1], string.format('%.3f', tat), 'PX', math.ceil(tat - now) + 1000)
  used_minute = redis.call('INCRBY', KEYS[2], cost)
  redis.call('PEXPIRE', KEYS[2], 120000)
  used_month = redis.call('INCRBY', KEYS[3], cost)
  local field = key .. ':' .. operation
  redis.call('HINCRBY', KEYS[4], 'p:' .. field, cost)
  if redis.call('HINCRBY', KEYS[4], 'r:' .. field, 1) == 1 then
    redis.call('EXPIRE', KEYS[4], 3 * 86400)
  end
  redis.call('HSET', KEYS[6], day .. ':' .. field, changed)
end
return reply(0, 0)
