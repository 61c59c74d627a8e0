-- Returns the jobs of a silent worker to the head of the ready list, in the order in which they were
-- taken, and removes the worker. Does nothing if a heartbeat came since it was found silent.
-- KEYS: processing, ready, workers    ARGV: test_time, worker, silence (ms)
-- Returns how many jobs became ready.
local beat = redis.call('ZSCORE', KEYS[3], ARGV[2])
if not beat or tonumber(beat) >= now(ARGV[1]) - ARGV[3] then return 0 end
local returned = 0
while redis.call('LMOVE', KEYS[1], KEYS[2], 'RIGHT', 'LEFT') do
  returned = returned + 1
end
redis.call('ZREM', KEYS[3], ARGV[2])
return returned
