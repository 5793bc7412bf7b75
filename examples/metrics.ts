// Counting what happens to sessions and what the store does, for OpenTelemetry.
import assert from "node:assert/strict";
import { subscribe } from "node:diagnostics_channel";
import { metrics } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  createSessions,
  EVENT_CHANNEL,
  serverSide,
  type SessionEvent,
  STORE_CHANNEL,
  type StoreCall,
} from "hipflask";
import { webSessions } from "hipflask/adapters/web";
import { MemoryStore } from "hipflask/stores/memory";
import { TestClient } from "hipflask/testing";

// In an application: the exporter of your collector.
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter });
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));

// This is all: two counters, fed by two channels.
const meter = metrics.getMeter("sessions");
const events = meter.createCounter("session.events");
const calls = meter.createCounter("session.store.calls");
subscribe(EVENT_CHANNEL, (event) => events.add(1, { type: (event as SessionEvent).type }));
subscribe(STORE_CHANNEL, (call) => calls.add(1, { ...(call as StoreCall) }));

const sessions = createSessions({ storage: serverSide(new MemoryStore()) });
const handle = webSessions(sessions, async (request) => {
  (await sessions.get(request)).data.seen = true;
  return new Response();
});
const browser = new TestClient(handle);
await browser.get("/");
await browser.get("/");
await browser.get("/", { headers: { cookie: `session=${"A".repeat(43)}` } });

await reader.forceFlush();
const recorded = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
const points = recorded
  .flatMap((scope) => scope.metrics)
  .flatMap(({ descriptor, dataPoints }) =>
    dataPoints.map((point) => [descriptor.name, ...Object.values(point.attributes), point.value].join(" ")),
  );
console.log(points.join("\n"));
assert.deepEqual(points.toSorted(), [
  "session.events session.created 2",
  "session.events sid.unknown 1",
  "session.store.calls create ok 2",
  "session.store.calls load ok 2",
]);
await reader.shutdown();
