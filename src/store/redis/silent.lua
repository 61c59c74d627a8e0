-- Finds the workers that have been silent for longer than some time.
-- KEYS: workers    ARGV: told, silence (ms)
-- Returns their names.
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. (now(ARGV[1]) - ARGV[2]))
