-- Prepended to each script that needs the time. It is Redis's own time in milliseconds, so that the
-- clocks of two machines are never compared. `test_time` is empty unless a test sets the time.
local function now(test_time)
  if test_time ~= '' then return tonumber(test_time) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

