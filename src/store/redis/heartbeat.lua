-- Notes that a worker lives.
-- KEYS: workers    ARGV: told, worker
redis.call('ZADD', KEYS[1], now(ARGV[1]), ARGV[2])
return 1
