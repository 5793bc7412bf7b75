export { storeSuite, type StoreCapabilities, type StoreSuiteOptions } from "./store-suite.ts";
