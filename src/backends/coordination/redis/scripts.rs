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
