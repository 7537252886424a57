import { defineConfig } from "vitest/config";

// eslint-disable-next-line import/no-default-export -- the tool reads the default export
export default defineConfig({
  test: { environment: "jsdom", include: ["test/unit/**/*.test.{ts,tsx}"] },
});
