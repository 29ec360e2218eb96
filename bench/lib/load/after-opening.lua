-- For wrk, one thread: the first request of each connection waits until all are open. `wrk.init` gets how many there are,
-- and for how many milliseconds they wait.
local connections, wait = 0, 0
local asked = 0

function init(args)
  connections, wait = tonumber(args[1]), tonumber(args[2])
end

function delay()
  asked = asked + 1
  return asked <= connections and wait or 0
end
