// The lock file must install everywhere: no download addresses, and every per-platform package listed with its entry.
import { readFileSync } from "node:fs";

const lock = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));
const problems = [];
const names = new Set(Object.keys(lock.packages).map((path) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length)));
for (const [path, entry] of Object.entries(lock.packages)) {
  if (entry.resolved !== undefined) problems.push(`${path} carries a download address; keep .npmrc beside package.json`);
  for (const optional of Object.keys(entry.optionalDependencies ?? {})) {
    if (!names.has(optional)) problems.push(`${path || "the package"} names ${optional}, which has no entry of its own`);
  }
}
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);
