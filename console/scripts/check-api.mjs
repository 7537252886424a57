// The committed types must be what openapi-typescript makes of the committed API document.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "patchbay-api-"));
try {
  const fresh = join(folder, "schema.d.ts");
  execFileSync(join(root, "node_modules", ".bin", "openapi-typescript"), [join(root, "openapi.json"), "-o", fresh], { cwd: root, stdio: "pipe" });
  if (readFileSync(fresh, "utf8") !== readFileSync(join(root, "lib", "api", "schema.d.ts"), "utf8")) {
    console.error("console/lib/api/schema.d.ts is not what console/openapi.json says; run: make api");
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
