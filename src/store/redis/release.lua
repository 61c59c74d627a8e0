-- Deletes a lock if it is still held with this token (compare and delete).
-- KEYS: lock, wanted    ARGV: token
-- Returns 1 if somebody else waits for it.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return redis.call('DEL', KEYS[2])
