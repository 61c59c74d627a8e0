-- Returns held jobs to the head of the ready list, in the order given. Jobs that are not held are left
-- out.
-- KEYS: processing, ready    ARGV: jobs
-- Returns how many went back.
local returned = 0
for i = #ARGV, 1, -1 do
  if redis.call('LREM', KEYS[1], -1, ARGV[i]) == 1 then
    redis.call('LPUSH', KEYS[2], ARGV[i])
    returned = returned + 1
  end
end
return returned
