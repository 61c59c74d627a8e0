-- Deletes a lock if it is still held with this token (compare and delete).
-- KEYS: lock    ARGV: token
-- Returns 1 if it was.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
