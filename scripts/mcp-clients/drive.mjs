// Drives an MCP server with the official clients of npm: lists the tools, calls each, prints what came back as JSON.
//
// usage: node drive.mjs URL TOKEN CLIENT ARGUMENTS     CLIENT: client (@modelcontextprotocol/client) or sdk
// (@modelcontextprotocol/sdk); ARGUMENTS: those of each tool by its name, as JSON

const [url, token, which, argumentsOfTools] = process.argv.slice(2);
const parts =
  which === "sdk"
    ? {
        ...(await import("@modelcontextprotocol/sdk/client/index.js")),
        ...(await import("@modelcontextprotocol/sdk/client/streamableHttp.js")),
      }
    : await import("@modelcontextprotocol/client");

const given = JSON.parse(argumentsOfTools);

const transport = new parts.StreamableHTTPClientTransport(new URL(url), {
  requestInit: { headers: { Authorization: `Bearer ${token}` } },
});
const options = which === "sdk" ? {} : { versionNegotiation: { mode: "auto" } };
const client = new parts.Client({ name: "patchbay-tests", version: "1.0.0" }, options);
await client.connect(transport);

const found = { tools: [], results: {} };
found.protocol = client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion ?? null;
const { tools } = await client.listTools();
found.tools = tools.map((tool) => tool.name);
// Handing over silences the assistant: last.
const last = (tool) => Number(tool.name === "request_human");
for (const tool of tools.toSorted((one, other) => last(one) - last(other))) {
  try {
    const result = await client.callTool({ name: tool.name, arguments: given[tool.name] ?? {} });
    found.results[tool.name] = { is_error: Boolean(result.isError), structured: result.structuredContent ?? null };
  } catch (error) {
    found.results[tool.name] = { raised: String(error) };
  }
}
await client.close();
console.log(JSON.stringify(found));
