-- Removes jobs that a worker holds. LREM searches from the head: jobs mostly end in the order in which
-- they were taken, so each is found at once.
-- KEYS: processing    ARGV: jobs
-- Returns how many were held.
local ended = 0
for i = 1, #ARGV do
  ended = ended + redis.call('LREM', KEYS[1], 1, ARGV[i])
end
return ended
