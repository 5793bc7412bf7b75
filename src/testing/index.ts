export { adapterSuite, type AdapterSuiteOptions } from "./adapter-suite.ts";
export type { AdapterApp, AdapterCapabilities, AdapterRequest, ServedAdapter } from "./adapters/app.ts";
export type { FetchHandler, TestTarget } from "./client/target.ts";
export { TestClient, type TestClientOptions, type TestRequestInit } from "./client/test-client.ts";
export { cookieFor, type CookieForOptions } from "./cookie-for.ts";
export { FakeClock } from "./fake-clock.ts";
export { storeSuite, type StoreSuiteOptions } from "./store-suite.ts";
export type { StoreCapabilities } from "./stores/capabilities.ts";
