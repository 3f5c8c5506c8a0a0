-- Charges `cost` points against three limits, all or none of them.
-- KEYS  1 burst of the key (a theoretical arrival time, GCRA)   2 points of the tenant's minute
--       3 points of the tenant's month                          4 points of the tenant's days (hash)
-- ARGV  1 cost  2 burst  3 refill a second  4 points a minute  5 points a month  6 day
--       7 milliseconds left in the month
-- Reply {allowed, limit, left of the limit that is nearest, milliseconds until it is free again,
--        used this month}; limit: 1 burst, 2 minute, 3 month.
local cost, burst, refill = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local minute, month = tonumber(ARGV[4]), tonumber(ARGV[5])
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local left_in_minute = 60000 - now % 60000

local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local used_minute = tonumber(redis.call('GET', KEYS[2]) or 0)
local used_month = tonumber(redis.call('GET', KEYS[3]) or 0)

local new_tat = tat + cost * 1000 / refill
local over_burst = new_tat - now - burst * 1000 / refill
if over_burst > 0 then
  return {0, 1, math.floor(math.max(0, burst - (tat - now) * refill / 1000)), math.ceil(over_burst), used_month}
end
if used_minute + cost > minute then
  return {0, 2, math.max(0, minute - used_minute), math.ceil(left_in_minute), used_month}
end
if used_month + cost > month then
  return {0, 3, math.max(0, month - used_month), tonumber(ARGV[7]), used_month}
end

if cost > 0 then
  redis.call('SET', KEYS[1], string.format('%.3f', new_tat), 'PX', math.ceil(new_tat - now) + 1000)
  redis.call('INCRBY', KEYS[2], cost)
  redis.call('PEXPIRE', KEYS[2], 120000)
  redis.call('INCRBY', KEYS[3], cost)
  redis.call('PEXPIRE', KEYS[3], 40 * 86400000)
  redis.call('HINCRBY', KEYS[4], ARGV[6], cost)
  redis.call('PEXPIRE', KEYS[4], 400 * 86400000)
end
return {1, 2, minute - used_minute - cost, math.ceil(left_in_minute), used_month + cost}
