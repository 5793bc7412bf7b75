import { type Script, script } from "./redis-script.ts";

/*
 * What the store does in Redis: one script per operation, so that each is atomic and one round trip. All keys of a script
 * are in one hash slot, but for `REPLACE` where there are no slots. Of a visitor's record there is only the first key.
 *
 * A record is a hash: `v` version, `d` data, `x` expires and `s` seen (milliseconds since 1970), and, when it has an
 * owner, `e` the owner's epoch in which it was made. The epoch is a key of its own; a record lives only while both say
 * the same, so ending the epoch ends all its records, whether anybody can list them or not. The index is a sorted set of
 * the owner's ids by the time at which Redis removes them, and only helps to find them. Epoch and index stay at least as long
 * as the record that stays longest.
 *
 * A script answers with 1 when it has done its work, otherwise with 0; a record may follow. It may be sent again by a
 * client that lost the answer: a record that has the very version to be written has been written already.
 *
 * With its memory full Redis refuses the commands that may need more, and does the others: what may be refused comes first,
 * so that a script does all or nothing, and deleting always works.
 */

const READ = `
local function read(record)
  return redis.call('HMGET', record, 'v', 'd', 'x', 's', 'e')
end
local function lives(r, epoch, now)
  return r[1] and tonumber(r[3]) > tonumber(now) and r[5] == (epoch and redis.call('GET', epoch) or false)
end
`;

const WRITE = `
local function keep(key, ttl)
  if redis.call('PTTL', key) < tonumber(ttl) then redis.call('PEXPIRE', key, ttl) end
end
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function enlist(epoch, index, id, ttl)
  redis.call('ZADD', index, clock() + ttl, id)
  keep(index, ttl)
  keep(epoch, ttl)
end
local function write(record, version, data, expires, now, ttl)
  redis.call('HSET', record, 'v', version, 'd', data, 'x', expires, 's', now)
  redis.call('PEXPIRE', record, ttl)
end
`;

const INSERT = `
local function insert(record, epoch, index, id, owned, version, data, expires, now, ttl)
  write(record, version, data, expires, now, ttl)
  if owned == '0' then return end
  redis.call('SET', epoch, version, 'NX', 'PX', ttl)
  redis.call('HSET', record, 'e', redis.call('GET', epoch))
  redis.call('ZREMRANGEBYSCORE', index, '-inf', clock())
  enlist(epoch, index, id, ttl)
end
`;

/** `settled` is the answer where there is nothing to write. */
const UPDATE = `
local function settled(r, epoch, expected, version, now)
  if not lives(r, epoch, now) then return {0} end
  if r[1] == version then return {1} end
  if r[1] ~= expected then return {0, r[1], r[2], r[3], r[4]} end
end
local function update(r, record, epoch, index, id, version, data, expires, now, ttl)
  write(record, version, data, expires, now, ttl)
  if r[5] then enlist(epoch, index, id, ttl) end
end
`;

/** KEYS record, epoch, index; ARGV id, owned, version, data, expires, now, ttl. */
export const CREATE: Script = script(`${WRITE}${INSERT}
local version = redis.call('HGET', KEYS[1], 'v')
if version then return {version == ARGV[3] and 1 or 0} end
insert(KEYS[1], KEYS[2], KEYS[3], unpack(ARGV))
return {1}
`);

/** KEYS record, epoch; ARGV now. */
export const LOAD: Script = script(`${READ}
local r = read(KEYS[1])
if not lives(r, KEYS[2], ARGV[1]) then return {0} end
return {1, r[1], r[2], r[3], r[4]}
`);

/** KEYS record, epoch, index; ARGV id, expected version, version, data, expires, now, ttl. */
export const SAVE: Script = script(`${READ}${WRITE}${UPDATE}
local id, expected, version, data, expires, now, ttl = unpack(ARGV)
local r = read(KEYS[1])
local answer = settled(r, KEYS[2], expected, version, now)
if answer then return answer end
update(r, KEYS[1], KEYS[2], KEYS[3], id, version, data, expires, now, ttl)
return {1}
`);

/** As `SAVE`, and after that KEYS and ARGV of `CREATE` for the next record. */
export const REPLACE: Script = script(`${READ}${WRITE}${INSERT}${UPDATE}
local id, expected, version, data, expires, now, ttl = unpack(ARGV)
local r = read(KEYS[1])
local answer = settled(r, KEYS[2], expected, version, now)
if answer then return answer end
if redis.call('EXISTS', KEYS[4]) == 1 then return redis.error_reply('ERR there is a record under the next key') end
update(r, KEYS[1], KEYS[2], KEYS[3], id, version, data, expires, now, ttl)
insert(KEYS[4], KEYS[5], KEYS[6], unpack(ARGV, 8))
return {1}
`);

/** KEYS record, epoch, index; ARGV id, expected version, expires, now, ttl. */
export const TOUCH: Script = script(`${READ}${WRITE}
local id, expected, expires, now, ttl = unpack(ARGV)
local r = read(KEYS[1])
if r[1] ~= expected or not lives(r, KEYS[2], now) then return {0} end
redis.call('HSET', KEYS[1], 'x', expires, 's', now)
redis.call('PEXPIRE', KEYS[1], ttl)
if r[5] then enlist(KEYS[2], KEYS[3], id, ttl) end
return {1}
`);

/** KEYS record, epoch, index; ARGV id. */
export const DELETE: Script = script(`${READ}
local r = read(KEYS[1])
if not r[1] then return {0} end
redis.call('DEL', KEYS[1])
if r[5] then redis.call('ZREM', KEYS[3], ARGV[1]) end
return {1, r[1], r[2], r[3], r[4]}
`);

/** Records are found by their ids, under the same beginning as the epoch. */
const OWNED = `${READ}
local function record(id)
  return string.sub(KEYS[1], 1, -#'epoch' - 1) .. id
end
`;

/** KEYS epoch, index; ARGV now. */
export const LIST_OWNED: Script = script(`${OWNED}
local found = {}
local epoch = redis.call('GET', KEYS[1])
for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  local r = read(record(id))
  if lives(r, KEYS[1], ARGV[1]) then
    table.insert(found, {id, r[1], r[2], r[3], r[4]})
  elseif not r[1] or r[5] ~= epoch then
    redis.call('ZREM', KEYS[2], id)
  end
end
return found
`);

/** KEYS epoch, index; ARGV next epoch, now, ids to spare. What is spared goes over into the next epoch. */
export const DELETE_OWNED: Script = script(`${OWNED}
local spared, ended, live = {}, {}, 0
for i = 3, #ARGV do
  if lives(read(record(ARGV[i])), KEYS[1], ARGV[2]) then spared[ARGV[i]] = true end
end
for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  if not spared[id] then
    table.insert(ended, id)
    if lives(read(record(id)), KEYS[1], ARGV[2]) then live = live + 1 end
  end
end
if next(spared) then
  redis.call('SET', KEYS[1], ARGV[1], 'KEEPTTL')
  for id in pairs(spared) do redis.call('HSET', record(id), 'e', ARGV[1]) end
else
  redis.call('DEL', KEYS[1])
end
for _, id in ipairs(ended) do
  redis.call('UNLINK', record(id))
  redis.call('ZREM', KEYS[2], id)
end
return live
`);

/** KEYS record. */
export const UNLINK: Script = script("return redis.call('UNLINK', KEYS[1])");

/** ARGV cursor, pattern, count. As a script it goes to masters only, and by no client's own idea of a scan. */
export const SCAN: Script = script("return redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])");

/** What a server calls itself since it was started; empty where it may not be asked. */
export const SERVER: Script = script(`
local info = redis.pcall('INFO', 'server')
return type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
`);
