#!/bin/sh
# A pricing script: doubles the list price while more than half of the leases are taken, and declines orders of less than
# ten minutes. It reads one line of JSON and writes one object; see docs/PRICING.md. It needs awk and nothing else.
exec awk '
  function number(name,    found) {
    found = match($0, "\"" name "\":\"?[0-9.]+")
    return found ? substr($0, RSTART + length(name) + 3 + (substr($0, RSTART + length(name) + 3, 1) == "\""), RLENGTH) : ""
  }
  {
    if (number("durationSeconds") + 0 < 600) { print "{\"decline\":\"less than ten minutes\"}"; exit }
    price = number("listPricePerHour") + 0
    if (number("leases") * 2 > number("maxLeases") + 0) price *= 2
    printf "{\"pricePerHour\":\"%.18f\"}\n", price * 1.0000001
  }
'
