-- Keeps a document of a tenant. KEYS[1] is the tenant's documents, text by hash.
-- ARGV: hash, text, how many documents it may have, seconds that all of them live from the first on.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then
  -- Any of them: whoever misses it sends it again.
  redis.call('HDEL', KEYS[1], redis.call('HRANDFIELD', KEYS[1]))
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[4], 'NX')
