-- Moves a held job to the delayed set with its new content. A job that is not held is left alone.
-- KEYS: processing, delayed    ARGV: test_time, held, job, wait (ms)
-- Returns 1 if it was held.
local held = redis.call('LREM', KEYS[1], 1, ARGV[2])
if held == 1 then
  redis.call('ZADD', KEYS[2], now(ARGV[1]) + ARGV[4], ARGV[3])
end
return held
