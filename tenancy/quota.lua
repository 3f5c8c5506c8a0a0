-- Charges `cost` points against three limits, all or none of them, after taking back what the key paid for
-- and did not use. Where far more is left of each limit, some points are taken beforehand: the process pays
-- the key's next requests with them, and gives the rest back within seconds.
-- KEYS  1 burst of the key (a theoretical arrival time, GCRA)   2 points of the tenant's minute
--       3 points of the tenant's month   4 usage of the day (hash: p:<key>:<operation> points, r:… requests)
--       5 operation names of the day (set)   6 what Postgres does not have yet (hash: <day>:<key>:<operation>,
--       when it changed)
-- ARGV  1 cost  2 burst  3 refill a second  4 points a minute  5 points a month  6 milliseconds left in
--       the month  7 day  8 key  9 operation  10 how many names a day may have
--       11 points that come back  12 points to take beforehand, at most
-- Reply {refused by (0 none, 1 burst, 2 minute, 3 month, -1 the month is not known here),
--        left of burst, of minute, of month, milliseconds to wait, until burst is full, until minute is,
--        1 where the request counts under another name than its own, points taken beforehand}
local cost, burst, refill = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local minute, month = tonumber(ARGV[4]), tonumber(ARGV[5])
local day, key, operation = ARGV[7], ARGV[8], ARGV[9]
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local left_in_minute = math.ceil(60000 - now % 60000)
local changed = time[1] .. '.' .. time[2]

local used_month = tonumber(redis.call('GET', KEYS[3]))
if not used_month then
  return {-1, 0, 0, 0, 0, 0, 0, 0, 0}
end
local used_minute = tonumber(redis.call('GET', KEYS[2]) or 0)
local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)

-- Books points, or gives them back where they are below zero.
local function take(points)
  tat = math.max(now, tat + points * 1000 / refill)
  redis.call('SET', KEYS[1], string.format('%.3f', tat), 'PX', math.ceil(tat - now) + 1000)
  used_minute = redis.call('INCRBY', KEYS[2], math.max(points, -used_minute))
  redis.call('PEXPIRE', KEYS[2], 120000)
  used_month = redis.call('INCRBY', KEYS[3], math.max(points, -used_month))
end
local function left_of_burst()
  return math.floor(math.max(0, burst - (tat - now) * refill / 1000))
end
local function reply(refused, wait, other, beforehand)
  return {refused, left_of_burst(), math.max(0, minute - used_minute), math.max(0, month - used_month), wait,
    math.ceil(tat - now), left_in_minute, other, beforehand}
end

if tonumber(ARGV[11]) > 0 then
  take(-tonumber(ARGV[11]))
end
local over_burst = tat - now + (cost - burst) * 1000 / refill
if over_burst > 0 then
  return reply(1, math.ceil(over_burst), 0, 0)
end
if used_minute + cost > minute then
  return reply(2, left_in_minute, 0, 0)
end
if used_month + cost > month then
  return reply(3, tonumber(ARGV[6]), 0, 0)
end
if cost == 0 then
  return reply(0, 0, 0, 0)
end

take(cost)
-- Half of a burst or a minute and a tenth of a month are never taken beforehand: other keys, and this key in
-- other processes, find them.
local beforehand = math.floor(math.min(tonumber(ARGV[12]), left_of_burst() - burst / 2,
  minute / 2 - used_minute, month * 0.9 - used_month))
if beforehand >= cost then
  take(beforehand)
else
  beforehand = 0
end
local other = 0
if operation ~= '' and redis.call('SISMEMBER', KEYS[5], operation) == 0 then
  if redis.call('SCARD', KEYS[5]) < tonumber(ARGV[10]) then
    redis.call('SADD', KEYS[5], operation)
    redis.call('EXPIRE', KEYS[5], 3 * 86400)
  else
    operation, other = 'other', 1
  end
end
local field = key .. ':' .. operation
redis.call('HINCRBY', KEYS[4], 'p:' .. field, cost)
if redis.call('HINCRBY', KEYS[4], 'r:' .. field, 1) == 1 then
  redis.call('EXPIRE', KEYS[4], 3 * 86400)
end
redis.call('HSET', KEYS[6], day .. ':' .. field, changed)
return reply(0, 0, other, beforehand)
