//! The steps that must be one: Redis runs a script while nothing else runs.
//!
//! They take what they cannot read for not there, and write over it.

use std::sync::LazyLock;

use redis::Script;

/// Counts a failed attempt in the window that runs under the key, or opens one; the answer is how many there are.
///
/// Takes the moment and the length of a window in milliseconds. Kept is `count end length`.
pub(super) static RECORD_FAILURE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local now, length = tonumber(ARGV[1]), tonumber(ARGV[2])
local known = redis.pcall('GET', KEYS[1])
local count, ending = 0, now + length
if type(known) == 'string' then
  local c, e, l = string.match(known, '^(%d+) (%-?%d+) (%d+)$')
  c, e, l = tonumber(c), tonumber(e), tonumber(l)
  if c and e and l and now < e and e - now <= l then
    count, ending, length = c, e, l
  end
end
count = math.min(count + 1, 4000000000)
local text = string.format('%.0f %.0f %.0f', count, ending, length)
redis.call('SET', KEYS[1], text, 'PX', string.format('%.0f', math.max(ending - now, 1)))
return count
",
    )
});

/// Lets a device in under the key of its user, if need be in place of those that have been idle for longest. The answer is
/// empty, or else holds the devices that leave it no room.
///
/// Takes the field of the device, what to keep of it, the moment, how many there may be, how long one must have been idle to
/// make room, and how long one is known; times are in milliseconds. What is kept begins with the moment.
pub(super) static ADMIT_DEVICE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local key, own = KEYS[1], ARGV[1]
local now, max, idle, known_for = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local all = redis.pcall('HGETALL', key)
if all.err then
  redis.call('DEL', key)
  all = {}
end
local others, is_known = {}, false
for i = 1, #all, 2 do
  local seen = tonumber((string.match(all[i + 1], '^(%-?%d+) ')))
  if not seen or math.abs(now - seen) > known_for then
    redis.call('HDEL', key, all[i])
  elseif all[i] == own then
    is_known = true
  else
    others[#others + 1] = { seen = seen, field = all[i], says = all[i + 1] }
  end
end
local surplus = #others + 1 - max
if not is_known and surplus > 0 then
  table.sort(others, function(one, other) return one.seen < other.seen end)
  local last = others[surplus]
  if last and now - last.seen < idle then
    local refusal = {}
    for i, other in ipairs(others) do refusal[i] = other.says end
    return refusal
  end
  for i = 1, math.min(surplus, #others) do redis.call('HDEL', key, others[i].field) end
end
redis.call('HSET', key, own, ARGV[2])
redis.call('PEXPIRE', key, ARGV[6])
return {}
",
    )
});

/// Writes a hash anew: of what it held before, nothing remains.
///
/// Takes how long it lasts in milliseconds, then fields and values by turns. A transaction (MULTI) would do, but for a
/// Redis that refuses one the library loses count of its answers.
pub(super) static REWRITE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
redis.call('DEL', KEYS[1])
for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
",
    )
});

/// Takes one out of each bucket whose key is given, or out of none. The answer is whether it did, and then for each bucket
/// how far ahead of now it will be full, in microseconds.
///
/// Takes the moment, how long the request may wait, and how long any may, in milliseconds; then for each bucket the time one
/// request takes to come back and the time the whole takes to fill, in microseconds. Kept is when it will be full: in whole
/// microseconds since 1970, which a number of Lua holds exactly.
pub(super) static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local now, patience, patience_max = tonumber(ARGV[1]) * 1000, tonumber(ARGV[2]) * 1000, tonumber(ARGV[3]) * 1000
local ahead, taken = {}, true
for i, key in ipairs(KEYS) do
  local interval, size = tonumber(ARGV[2 + 2 * i]), tonumber(ARGV[3 + 2 * i])
  local known = redis.pcall('GET', key)
  local full_at = type(known) == 'string' and string.match(known, '^%d+$') and tonumber(known) or now
  if full_at < now or full_at > now + size + patience_max then full_at = now end
  ahead[i] = full_at - now
  if ahead[i] + interval - size > patience then taken = false end
end
local answer = { taken and 1 or 0 }
for i, key in ipairs(KEYS) do
  if taken then
    ahead[i] = ahead[i] + tonumber(ARGV[2 + 2 * i])
    local last = string.format('%.0f', math.max(math.ceil(ahead[i] / 1000), 1))
    redis.call('SET', key, string.format('%.0f', now + ahead[i]), 'PX', last)
  end
  answer[i + 1] = ahead[i]
end
return answer
",
    )
});
