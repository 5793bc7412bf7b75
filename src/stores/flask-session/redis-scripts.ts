import { type Script, script } from "../redis-script.ts";

/*
 * What the store does in Redis: one script per operation, with one key, so it does not matter where a Cluster keeps that. The value
 * is all there is of a session, and tells whether somebody else has written.
 *
 * A script answers with 1 when it has done its work, otherwise with 0; the value may follow.
 */

/** ARGV value, seconds. */
export const CREATE: Script = script(`
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'EX', ARGV[2]) then return {1} end
return {0, redis.call('GET', KEYS[1])}
`);

export const LOAD: Script = script(`
local current = redis.call('GET', KEYS[1])
return current and {1, current} or {0}
`);

/** ARGV expected value, value, seconds. */
export const SAVE: Script = script(`
local current = redis.call('GET', KEYS[1])
if not current then return {0} end
if current ~= ARGV[1] then return {0, current} end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return {1}
`);

/** ARGV expected value, seconds. */
export const TOUCH: Script = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {0} end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return {1}
`);

export const DELETE: Script = script(`
local current = redis.call('GET', KEYS[1])
if not current then return {0} end
redis.call('DEL', KEYS[1])
return {1, current}
`);
