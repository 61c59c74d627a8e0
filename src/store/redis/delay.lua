-- Moves a held job to the delayed set, in its new form. Not held any more: nothing happens.
-- KEYS: processing, delayed    ARGV: held, job, due (ms)
-- Returns 1 if it was held.
local held = redis.call('LREM', KEYS[1], 1, ARGV[1])
if held == 1 then
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
end
return held
