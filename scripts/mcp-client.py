"""Drives an MCP server with the official client: lists the tools, calls each, prints what came back as JSON.

usage: mcp-client.py URL TOKEN MODE ARGUMENTS     MODE: auto (the newest revision) or legacy (2025-11-25);
ARGUMENTS: those of each tool by its name, as JSON
"""
import asyncio
import json
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


async def main(url, token, mode, arguments):
    given = json.loads(arguments)
    found = {"tools": [], "results": {}}
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
        async with Client(streamable_http_client(url, http_client=http), mode=mode) as client:
            found["protocol"] = client.protocol_version
            tools = (await client.list_tools()).tools
            found["tools"] = [tool.name for tool in tools]
            # Handing over silences the assistant: last.
            for tool in sorted(tools, key=lambda tool: tool.name == "request_human"):
                try:
                    result = await client.call_tool(tool.name, given.get(tool.name, {}))
                    found["results"][tool.name] = {
                        "is_error": bool(result.is_error),
                        "structured": result.structured_content,
                    }
                except Exception as error:
                    found["results"][tool.name] = {"raised": f"{type(error).__name__}: {error}"}
    print(json.dumps(found))


asyncio.run(main(*sys.argv[1:]))
