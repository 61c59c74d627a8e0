-- Takes a lock if it is free; otherwise sets the mark that another process waits for it.
-- KEYS: lock, mark    ARGV: token, time to live of the lock (ms), time to live of the mark (ms)
-- Returns 1 if it was taken.
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  return 1
end
redis.call('SET', KEYS[2], '', 'PX', ARGV[3])
return 0
