-- Counts one more in a window that starts with the first hit.
-- KEYS: counter    ARGV: window (ms)
-- Returns the count and the milliseconds that are left.
local count = redis.call('INCR', KEYS[1])
redis.call('PEXPIRE', KEYS[1], ARGV[1], 'NX')
return { count, redis.call('PTTL', KEYS[1]) }
