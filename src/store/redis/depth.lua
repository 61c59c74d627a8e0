-- Counts a queue's jobs at one moment: otherwise a job on its way could be counted nowhere.
-- KEYS: ready, delayed, processing...    ARGV: told
-- Returns ready, delayed, those of the delayed whose time has come, in hand.
local in_hand = 0
for i = 3, #KEYS do
  in_hand = in_hand + redis.call('LLEN', KEYS[i])
end
return {
  redis.call('LLEN', KEYS[1]),
  redis.call('ZCARD', KEYS[2]),
  redis.call('ZCOUNT', KEYS[2], '-inf', now(ARGV[1])),
  in_hand
}
