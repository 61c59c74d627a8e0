-- Moves up to max delayed jobs whose time has come to the tail of the ready list.
-- KEYS: delayed, ready    ARGV: test_time, max
-- Returns how many moved.
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now(ARGV[1]), 'LIMIT', 0, ARGV[2])
for _, job in ipairs(due) do
  redis.call('RPUSH', KEYS[2], job)
  redis.call('ZREM', KEYS[1], job)
end
return #due
