-- Finds the workers whose last heartbeat is longer ago than some time.
-- KEYS: workers    ARGV: test_time, silence (ms)
-- Returns their names.
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. (now(ARGV[1]) - ARGV[2]))
