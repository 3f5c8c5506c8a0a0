-- Empties a key's purse of one minute: gives back what it holds, counts what was paid from it, and what a
-- process let through while this server was away.
-- KEYS  1 burst of the key   2 points of the minute   3 of the month   4 usage of the day
--       5 operation names of the day   6 what Postgres does not have yet   7 the process's last purse
-- ARGV  1 number of the purse   2 refill a second   3 day   4 key   5 how many names a day may have
--       6 points held   7 points that were charged to no limit   8 whether this is the current month (1 or 0)
--       9… operation, points, requests
-- Reply 1 booked, 0 was booked before, -1 the month is not known here
local number, refill, day, key = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4]
local used_month = tonumber(redis.call('GET', KEYS[3]))
if ARGV[8] == '1' and not used_month then
  return -1
end
if tonumber(redis.call('GET', KEYS[7]) or 0) >= number then
  return 0
end
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local held = tonumber(ARGV[6])
local tat = tonumber(redis.call('GET', KEYS[1]) or 0) - held * 1000 / refill
if tat > now then
  redis.call('SET', KEYS[1], string.format('%.3f', tat), 'PX', math.ceil(tat - now) + 1000)
else
  redis.call('DEL', KEYS[1])
end
local of_minute = math.min(tonumber(redis.call('GET', KEYS[2]) or 0), held)
if of_minute > 0 then
  redis.call('DECRBY', KEYS[2], of_minute)
end
if ARGV[8] == '1' then
  redis.call('INCRBY', KEYS[3], math.max(tonumber(ARGV[7]) - held, -used_month))
end
for i = 9, #ARGV, 3 do
  local operation, points, requests = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  if operation ~= '' and redis.call('SISMEMBER', KEYS[5], operation) == 0 then
    if redis.call('SCARD', KEYS[5]) >= tonumber(ARGV[5]) then
      operation = 'other'
    elseif requests > 0 then
      redis.call('SADD', KEYS[5], operation)
      redis.call('EXPIRE', KEYS[5], 3 * 86400)
    end
  end
  local field = key .. ':' .. operation
  points = math.max(points, -tonumber(redis.call('HGET', KEYS[4], 'p:' .. field) or 0))
  if points ~= 0 or requests > 0 then
    redis.call('HINCRBY', KEYS[4], 'p:' .. field, points)
    redis.call('HINCRBY', KEYS[4], 'r:' .. field, requests)
    redis.call('HSET', KEYS[6], day .. ':' .. field, time[1] .. '.' .. time[2])
  end
end
redis.call('EXPIRE', KEYS[4], 3 * 86400)
redis.call('SET', KEYS[7], number, 'EX', 3600)
return 1
