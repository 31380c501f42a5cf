//! Lua scripts, each of which Redis executes atomically. The state is shared with services in other languages: the
//! names of its fields and the messages are part of the protocol.

/// Reads a state, and sets the epoch of a new one. Keys: the state. Arguments: an epoch.
pub(super) const READ: &str = r"
if redis.call('HEXISTS', KEYS[1], 'epoch') == 0 then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'revision', 0)
end
return redis.call('HGETALL', KEYS[1])
";

/// Adds statistics to a bucket, unless a snapshot covers it. Keys: the state. Arguments: its name, the channel, an epoch, the
/// start of the bucket, count, sum, minimum, maximum. Returns the epoch, the revision and the bucket; nothing if it is covered.
pub(super) const WRITE: &str = r"
local state, start = KEYS[1], ARGV[4]
local function field(name) return 'bucket:' .. start .. ':' .. name end
local cold = redis.call('HGET', state, 'cold_until')
if cold and tonumber(cold) > tonumber(start) then return {} end

local sum = tonumber(redis.call('HGET', state, field('sum')) or 0) + tonumber(ARGV[6])
if sum ~= sum or math.abs(sum) == math.huge then
  return redis.error_reply('ERR the sum would not be finite')
end
redis.call('HINCRBY', state, field('count'), ARGV[5])
redis.call('HINCRBYFLOAT', state, field('sum'), ARGV[6])
local function replace(name, value, is_further)
  if value == '' then return end
  local known = redis.call('HGET', state, field(name))
  if not known or is_further(tonumber(value), tonumber(known)) then
    redis.call('HSET', state, field(name), value)
  end
end
replace('min', ARGV[7], function(a, b) return a < b end)
replace('max', ARGV[8], function(a, b) return a > b end)

redis.call('HSETNX', state, 'epoch', ARGV[3])
redis.call('HINCRBY', state, 'revision', 1)
local changed = {}
for _, name in ipairs({'epoch', 'revision', field('count'), field('sum'), field('min'), field('max')}) do
  local value = redis.call('HGET', state, name)
  if value then
    changed[#changed + 1] = name
    changed[#changed + 1] = value
  end
end
redis.call('PUBLISH', ARGV[2], cjson.encode({customer = ARGV[1], bucket = changed}))
return changed
";

/// Applies a snapshot, unless it is older. Keys: the state. Arguments: its name, the channel, an epoch, the end of the
/// cold time, the version, the meter, the credited units, count, sum, minimum, maximum. Returns the state.
pub(super) const SNAPSHOT: &str = r"
local state, cold, version, meter = KEYS[1], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local known = redis.call('HGET', state, 'cold_until')
if known and tonumber(known) > cold then return redis.call('HGETALL', state) end

local function is_new(field)
  local last = redis.call('HGET', state, field)
  return not last or tonumber(last) <= version
end
if is_new('snapshot_version') then
  for _, name in ipairs(redis.call('HKEYS', state)) do
    local start = string.match(name, '^bucket:(-?%d+):')
    if string.find(name, '^cold:') or (start and tonumber(start) < cold) then
      redis.call('HDEL', state, name)
    end
  end
  redis.call('HSET', state, 'cold_until', ARGV[4], 'snapshot_version', ARGV[5],
    'cold:count', ARGV[8], 'cold:sum', ARGV[9])
  if ARGV[10] ~= '' then redis.call('HSET', state, 'cold:min', ARGV[10]) end
  if ARGV[11] ~= '' then redis.call('HSET', state, 'cold:max', ARGV[11]) end
end
if is_new('credited_version:' .. meter) then
  redis.call('HSET', state, 'credited:' .. meter, ARGV[7], 'credited_version:' .. meter, ARGV[5])
end

redis.call('HSETNX', state, 'epoch', ARGV[3])
redis.call('HINCRBY', state, 'revision', 1)
local all = redis.call('HGETALL', state)
redis.call('PUBLISH', ARGV[2], cjson.encode({customer = ARGV[1], state = all}))
return all
";

/// Reserves units of a meter for the duration of a lease, if the balance contains them. Keys: the state, the leases of the
/// meter. Arguments: the meter, `count` or `sum`, a token, the units, the milliseconds of the lease. Returns `held`;
/// `unknown`; `units` if they need more than nine decimals or 15 digits before them; or `short` and what is available.
///
/// Lua calculates with doubles, which do not contain most fractions. Numbers are therefore two integers: the whole part, and
/// billionths from 0 to 999,999,999. More decimals are rounded so that less is available: credits down, usage up.
pub(super) const HOLD: &str = r"
local state, leases = KEYS[1], KEYS[2]
local meter, func, token, lease = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[5])
local SCALE, PLACES, DIGITS = 1000000000, 9, 15

local function parse(text, is_usage)
  local sign, digits, decimals = string.match(text, '^(-?)0*(%d*)%.?(%d*)$')
  if not digits then
    sign, digits, decimals = string.match(string.format('%.30f', tonumber(text) or 1e300), '^(-?)0*(%d*)%.?(%d*)$')
  end
  if not digits or #digits > DIGITS then return nil end
  local is_exact = not string.find(decimals, '[1-9]', PLACES + 1)
  local whole = tonumber(digits) or 0
  local billionths = tonumber(string.sub(decimals .. string.rep('0', PLACES), 1, PLACES))
  if not is_exact and (sign == '-') ~= (is_usage == true) then billionths = billionths + 1 end
  if sign == '-' then whole, billionths = -whole, -billionths end
  return {whole, billionths}, is_exact
end

local function minus(a, b)
  local whole, billionths = a[1] - b[1], a[2] - b[2]
  local carry = math.floor(billionths / SCALE)
  return {whole + carry, billionths - carry * SCALE}
end

local function text(number)
  local whole, billionths = number[1], number[2]
  local sign = ''
  if whole < 0 then
    sign, whole = '-', -whole
    if billionths > 0 then whole, billionths = whole - 1, SCALE - billionths end
  end
  return string.format('%s%.0f.%09.0f', sign, whole, billionths)
end

local units, is_exact = parse(ARGV[4])
if not units or not is_exact then return {'units'} end
local cold = tonumber(redis.call('HGET', state, 'cold_until') or '')
local credited = parse(redis.call('HGET', state, 'credited:' .. meter) or 'none')
if not cold or not credited then return {'unknown'} end
local available = minus(credited, {0, 0})

local fields = redis.call('HGETALL', state)
for i = 1, #fields, 2 do
  local start, name = string.match(fields[i], '^bucket:(-?%d+):(%a+)$')
  if fields[i] == 'cold:' .. func or (name == func and tonumber(start) >= cold) then
    local used = parse(fields[i + 1], true)
    if not used then return {'unknown'} end
    available = minus(available, used)
  end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
fields = redis.call('HGETALL', leases)
for i = 1, #fields, 2 do
  local held, expiry = string.match(fields[i + 1], '^(%S+) (%d+)$')
  held = held and parse(held)
  if not held or tonumber(expiry) <= now then
    redis.call('HDEL', leases, fields[i])
  else
    available = minus(available, held)
  end
end
if minus(available, units)[1] < 0 then return {'short', text(available)} end
redis.call('HSET', leases, token, ARGV[4] .. ' ' .. string.format('%.0f', now + lease))
redis.call('PEXPIRE', leases, 2 * lease)
return {'held'}
";

/// Renews a lease, or makes it again if it is no longer there: the reservation exists, whatever Redis has lost. Keys: the
/// leases of the meter. Arguments: the token, the units, the milliseconds of the lease. Returns whether it was still there.
pub(super) const RENEW: &str = r"
local known = redis.call('HEXISTS', KEYS[1], ARGV[1])
local time = redis.call('TIME')
local expiry = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3]
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. string.format('%.0f', expiry))
redis.call('PEXPIRE', KEYS[1], 2 * ARGV[3])
return known
";
