-- Takes a lock if nobody holds it, else leaves word that it is wanted.
-- KEYS: lock, wanted    ARGV: token, milliseconds to live, milliseconds the word stands
-- Returns 1 if it was taken.
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  return 1
end
redis.call('SET', KEYS[2], '', 'PX', ARGV[3])
return 0
