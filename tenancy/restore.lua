-- Gives a month back that this server has lost, or has not seen yet; once, whoever comes first.
-- KEYS  1 points of the month   2… usage and operation names of a day, in pairs
-- ARGV  1 points of the month   2… which pair (1, 2), key, operation, points, requests
-- Reply 1 restored, 0 was there
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', 40 * 86400)
-- A day that is still here, as when a month begins, is newer than what Postgres has of it.
local here = {redis.call('EXISTS', KEYS[2]) == 1, redis.call('EXISTS', KEYS[4]) == 1}
for i = 2, #ARGV, 5 do
  local pair = tonumber(ARGV[i])
  if not here[pair] then
    local usage, names = KEYS[2 * pair], KEYS[2 * pair + 1]
    local field = ARGV[i + 1] .. ':' .. ARGV[i + 2]
    redis.call('HSET', usage, 'p:' .. field, ARGV[i + 3], 'r:' .. field, ARGV[i + 4])
    redis.call('EXPIRE', usage, 3 * 86400)
    if ARGV[i + 2] ~= '' then
      redis.call('SADD', names, ARGV[i + 2])
      redis.call('EXPIRE', names, 3 * 86400)
    end
  end
end
return 1
