-- Adds one hit to a counter, whose window starts with the first hit.
-- KEYS: counter    ARGV: window (ms)
-- Returns the number of hits and the milliseconds until the window ends.
local count = redis.call('INCR', KEYS[1])
redis.call('PEXPIRE', KEYS[1], ARGV[1], 'NX')
return { count, redis.call('PTTL', KEYS[1]) }
