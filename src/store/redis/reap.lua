-- Returns everything that a dead worker holds to the head of the ready list, in the order in which
-- it was taken, and forgets the worker; unless a heartbeat came in since it was found silent.
-- KEYS: processing, ready, workers    ARGV: told, worker, silence (ms)
-- Returns how many jobs came back.
local beat = redis.call('ZSCORE', KEYS[3], ARGV[2])
if not beat or tonumber(beat) >= now(ARGV[1]) - ARGV[3] then return 0 end
local returned = 0
while redis.call('LMOVE', KEYS[1], KEYS[2], 'RIGHT', 'LEFT') do
  returned = returned + 1
end
redis.call('ZREM', KEYS[3], ARGV[2])
return returned
