// Builds every app of apps.mjs into dist/<out>, each on its own so that no portal ships another one's code.
// `--dev NAME` starts Vite's dev server for one of them, with the API proxied to a running patchbay.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { build, createServer } from "vite";
import { apps } from "./apps.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/** The widget is Preact without anything of the console: its pages, and the loader as one script of its own. */
function widget(app) {
  const { plugins, publicDir, ...common } = page(app);
  void [plugins, publicDir];
  const pages = ["index.html", "site.html"].map((page) => join(here, "apps", app.name, page));
  return { ...common, publicDir: false, build: { ...common.build, rollupOptions: { input: pages } } };
}

function loader(app) {
  const { build, ...common } = widget(app);
  const entry = join(here, "apps", app.name, "loader.ts");
  const output = { format: "iife", entryFileNames: "loader.js" };
  return { ...common, build: { ...build, emptyOutDir: false, target: "es2020", rollupOptions: { input: entry, output } } };
}

function config(app) {
  return app.name === "widget" ? widget(app) : page(app);
}

function page(app) {
  return {
    configFile: false,
    root: join(here, "apps", app.name),
    base: app.base,
    publicDir: join(here, "lib", "public"),
    plugins: [react(), tailwind()],
    logLevel: "warn",
    build: {
      outDir: join(here, "dist", app.out),
      emptyOutDir: true,
      target: "es2023",
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      chunkSizeWarningLimit: app.largestKB ?? 700,
    },
  };
}

async function develop(name) {
  const app = apps.find((one) => one.name === name) ?? apps[0];
  const target = process.env.PATCHBAY_URL ?? "http://127.0.0.1:8080";
  const server = await createServer({
    ...config(app),
    server: {
      port: 5173,
      proxy: {
        "/api": { target, changeOrigin: true, headers: { origin: target } },
        "/sim/api": { target, changeOrigin: true },
        "/chat": { target, ws: true, changeOrigin: true },
        "/ws": { target, ws: true, changeOrigin: true, headers: { origin: target } },
      },
    },
  });
  await server.listen();
  server.printUrls();
}

if (process.argv.includes("--dev")) {
  await develop(process.argv[process.argv.indexOf("--dev") + 1]);
} else {
  await rm(join(here, "dist"), { recursive: true, force: true });
  for (const app of apps) {
    await build(config(app));
    if (app.name === "widget") await build(loader(app));
  }
}
