import adapter from "@sveltejs/adapter-node";
import { sveltekit } from "@sveltejs/kit/vite";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [
    // The tests are no browser: they send no Origin.
    sveltekit({ adapter: adapter({ precompress: false }), csrf: { trustedOrigins: ["*"] } }),
  ],
});
