//! Lua scripts, each of which Redis executes atomically. The state is shared with services in other languages: the
//! names of its fields and the messages are part of the protocol.

/// A script that belongs to one connection. After the process has opened another connection, the script changes
/// nothing, however late Redis executes it.
///
/// The last key is that of the writer, the last argument the session of the connection.
macro_rules! fenced {
    ($script:literal) => {
        concat!(
            r"
if redis.call('HGET', KEYS[#KEYS], 'session') ~= ARGV[#ARGV] then
  return redis.error_reply('FENCED this is not the last connection of its process')
end
",
            $script
        )
    };
}

/// Starts a session of a writer (a process), and ends its earlier sessions.
///
/// - Keys: the writer.
/// - Arguments: the session; for how many milliseconds the writer is remembered without a connection; the number of
///   executed writes to set if the writer is unknown.
/// - Returns the number of executed writes of the writer, and whether the writer was unknown.
pub(super) const START: &str = r"
redis.call('HSET', KEYS[1], 'session', ARGV[1])
local is_new = redis.call('HSETNX', KEYS[1], 'executed', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {tonumber(redis.call('HGET', KEYS[1], 'executed')), is_new}
";

/// Extends the time for which a writer is remembered. Keys: the writer. Arguments: that time in milliseconds, the
/// session.
pub(super) const KEEP: &str = fenced!(
    r"
return redis.call('PEXPIRE', KEYS[1], ARGV[1])
"
);

/// Returns a state. Creates it if it does not exist. Keys: the state. Arguments: the epoch of a new state.
pub(super) const READ: &str = r"
if redis.call('HEXISTS', KEYS[1], 'epoch') == 0 then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'revision', 0)
end
return redis.call('HGETALL', KEYS[1])
";

/// Adds statistics to a bucket, unless a snapshot covers the bucket.
///
/// - Keys: the state, the writer.
/// - Arguments: the name of the state, the channel, the epoch of a new state, the start of the bucket, count, sum,
///   minimum, maximum, the number of executed writes of this writer before this one, the session.
/// - Returns the epoch, the revision and the bucket; an empty list if a snapshot covers the bucket.
/// - Errors have the code `EXECUTED` if the write counts as executed, and `FENCED` if it does not. Redis 6 does not
///   return the code of its own errors.
///
/// Sums are exact: decimals are added digit by digit, because doubles cannot represent most fractions.
pub(super) const WRITE: &str = fenced!(
    r"
local state, writer, start = KEYS[1], KEYS[2], ARGV[4]
if redis.call('HGET', writer, 'executed') ~= ARGV[9] then
  return redis.error_reply('FENCED another write was not executed before this one')
end
-- Before everything else: if Redis rejects writes, it rejects this one, and the script has changed nothing.
local counted = redis.pcall('HINCRBY', writer, 'executed', 1)
if type(counted) == 'table' then return redis.error_reply('FENCED ' .. counted.err) end

local function field(name) return 'bucket:' .. start .. ':' .. name end
local cold = redis.call('HGET', state, 'cold_until')
if cold and tonumber(cold) > tonumber(start) then return {} end

local DIGITS, BASE = 14, 100000000000000
local function add(a, b)
  local sign, whole, part = string.match(a, '^(-?)(%d+)%.?(%d*)$')
  local other_sign, other_whole, other_part = string.match(b, '^(-?)(%d+)%.?(%d*)$')
  if not sign or not other_sign then return nil end
  local places = math.max(#part, #other_part)
  local length = math.max(#whole, #other_whole) + places
  length = length + DIGITS - length % DIGITS
  local function aligned(whole, part)
    local digits = whole .. part .. string.rep('0', places - #part)
    return string.rep('0', length - #digits) .. digits
  end
  local left, right, factor = aligned(whole, part), aligned(other_whole, other_part), 1
  if sign ~= other_sign then
    factor = -1
    if left < right then left, right, sign = right, left, other_sign end
  end
  local groups, carry = {}, 0
  for last = length, 1, -DIGITS do
    local function group(digits) return tonumber(string.sub(digits, last - DIGITS + 1, last)) end
    local sum = group(left) + factor * group(right) + carry
    carry = math.floor(sum / BASE)
    table.insert(groups, 1, string.format('%014.0f', sum - carry * BASE))
  end
  local digits = table.concat(groups)
  whole = string.match(string.sub(digits, 1, length - places), '^0*(%d*)$')
  part = string.match(string.sub(digits, length - places + 1), '^(%d-)0*$')
  if whole == '' then whole = '0' end
  if part ~= '' then part = '.' .. part end
  return (whole .. part == '0' and '' or sign) .. whole .. part
end

local function write()
  local known = redis.call('HGET', state, field('sum')) or '0'
  local double = tonumber(known) + tonumber(ARGV[6])
  if double ~= double or math.abs(double) == math.huge then
    error('the sum would not be finite', 0)
  end
  redis.call('HINCRBY', state, field('count'), ARGV[5])
  local sum = add(known, ARGV[6])
  if sum then
    redis.call('HSET', state, field('sum'), sum)
  else
    redis.call('HINCRBYFLOAT', state, field('sum'), ARGV[6])
  end
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
  local names = {'epoch', 'revision', field('count'), field('sum'), field('min'), field('max')}
  local values, changed = redis.call('HMGET', state, unpack(names)), {}
  for i, name in ipairs(names) do
    if values[i] then
      changed[#changed + 1] = name
      changed[#changed + 1] = values[i]
    end
  end
  redis.call('PUBLISH', ARGV[2], cjson.encode({customer = ARGV[1], bucket = changed}))
  return changed
end
local is_done, result = pcall(write)
if is_done then return result end
return redis.error_reply('EXECUTED ' .. (type(result) == 'table' and result.err or tostring(result)))
"
);

/// Applies a snapshot, unless the state has a later one.
///
/// - Keys: the state.
/// - Arguments: the name of the state, the channel, the epoch of a new state, the time up to which the snapshot
///   includes events, its version, the meter, the credited units, count, sum, minimum, maximum.
/// - Returns the state.
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

/// Reserves units of a meter for the duration of a lease, if they are available. Idempotent: a retry with the same
/// token does not reserve the units again.
///
/// - Keys: the state, the leases of the meter, the writer.
/// - Arguments: the meter, `count` or `sum`, a token, the units, the duration of the lease in milliseconds, the
///   session.
/// - Returns `held`; `short` and the available units; `unknown` if the balance is unknown; `units` if the number of
///   units has more than 15 digits before or nine after the decimal point.
///
/// Lua calculates with doubles, which cannot represent most fractions. Numbers are therefore two integers: the whole
/// part, and billionths from 0 to 999,999,999. Further decimals are rounded so that fewer units are available: credits
/// down, usage up.
pub(super) const HOLD: &str = fenced!(
    r"
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

redis.call('HDEL', leases, token)
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
-- Another process may use longer leases.
if redis.call('PTTL', leases) < 2 * lease then redis.call('PEXPIRE', leases, 2 * lease) end
return {'held'}
"
);

/// Renews a lease. Recreates the lease if Redis has lost it.
///
/// - Keys: the leases of the meter, the writer.
/// - Arguments: the token, the units, the duration of the lease in milliseconds, the session.
/// - Returns whether Redis still had the lease.
pub(super) const RENEW: &str = fenced!(
    r"
local known = redis.call('HEXISTS', KEYS[1], ARGV[1])
local time = redis.call('TIME')
local expiry = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3]
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. string.format('%.0f', expiry))
if redis.call('PTTL', KEYS[1]) < 2 * ARGV[3] then redis.call('PEXPIRE', KEYS[1], 2 * ARGV[3]) end
return known
"
);
