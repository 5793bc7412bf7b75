// In Memcached: sessions that may be forgotten.
import { MemcachedStore } from "hipflask/stores/memcached";
import { MemcacheClient } from "memcache-client";
import { visit } from "./visit.ts";

const client = new MemcacheClient({ server: process.env.MEMCACHED ?? "127.0.0.1:11211", noDelay: true });
await visit(new MemcachedStore(client));
client.shutdown();
