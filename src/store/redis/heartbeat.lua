-- Records that a worker is alive.
-- KEYS: workers    ARGV: test_time, worker
redis.call('ZADD', KEYS[1], now(ARGV[1]), ARGV[2])
return 1
