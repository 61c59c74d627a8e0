-- Deletes a lock if it is still held with this token (compare and delete).
-- KEYS: lock, mark    ARGV: token
-- Returns 1 if another process waits for the lock.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return redis.call('DEL', KEYS[2])
