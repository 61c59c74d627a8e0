-- Moves up to max jobs from the head of the ready list into a worker's hands, and makes the worker
-- known, so that whatever is in its hands can be found when it dies.
-- KEYS: ready, processing, workers    ARGV: told, max, worker
-- Returns the jobs, in order.
redis.call('ZADD', KEYS[3], 'NX', now(ARGV[1]), ARGV[3])
local jobs = {}
for i = 1, tonumber(ARGV[2]) do
  local job = redis.call('LMOVE', KEYS[1], KEYS[2], 'LEFT', 'RIGHT')
  if not job then break end
  jobs[i] = job
end
return jobs
