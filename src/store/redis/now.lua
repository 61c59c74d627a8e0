-- Stands before each script that needs the time. It is Redis's own, in milliseconds, so that the
-- clocks of two machines are never compared; `told` is empty unless a test sets the time.
local function now(told)
  if told ~= '' then return tonumber(told) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

