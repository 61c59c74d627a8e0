-- Counts a queue's jobs in one step: otherwise a job that changes its state could be missed.
-- KEYS: ready, delayed, processing...    ARGV: test_time
-- Returns the numbers of ready jobs, delayed jobs, delayed jobs whose time has come, and held jobs.
local in_hand = 0
for i = 3, #KEYS do
  in_hand = in_hand + redis.call('LLEN', KEYS[i])
end
return {
  redis.call('LLEN', KEYS[1]),
  redis.call('ZCARD', KEYS[2]),
  redis.call('ZCOUNT', KEYS[2], '-inf', now(ARGV[1])),
  in_hand
}
