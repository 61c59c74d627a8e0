-- Removes one hit, if its window has not ended.
-- KEYS: counter
-- Returns the number of hits before.
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
if count > 0 then
  redis.call('DECR', KEYS[1])
end
return count
