-- Moves up to max jobs from the head of the ready list to those that a worker holds, and registers the
-- worker, so that its jobs can be found if it crashes.
-- KEYS: ready, processing, workers    ARGV: test_time, max, worker
-- Returns the jobs, in order.
redis.call('ZADD', KEYS[3], 'NX', now(ARGV[1]), ARGV[3])
local jobs = {}
for i = 1, tonumber(ARGV[2]) do
  local job = redis.call('LMOVE', KEYS[1], KEYS[2], 'LEFT', 'RIGHT')
  if not job then break end
  jobs[i] = job
end
return jobs
