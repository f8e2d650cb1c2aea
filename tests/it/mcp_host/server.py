"""A server of tools as people write them, with tools that behave as some do. Says which tools were called in a file."""

import json
import os
import subprocess
import sys
import time

from mcp.server import MCPServer

calls, way = sys.argv[1], sys.argv[2]
# The package keeps prints away from where messages go; others do not.
output = os.dup(1)
server = MCPServer("test")


def note(name):
    with open(calls, "a") as file:
        file.write(name + "\n")


@server.tool()
def echo(text: str) -> str:
    """Says what it is told."""
    note("echo")
    return f"It says: {text}"


@server.tool()
def delete_all() -> str:
    """Deletes everything."""
    note("delete_all")
    return "Everything is deleted."


@server.tool()
def refuse() -> str:
    """Fails."""
    note("refuse")
    raise ValueError("not today")


@server.tool()
def environment() -> str:
    """Tells its environment."""
    return json.dumps(sorted(os.environ))


@server.tool()
def large(length: int) -> str:
    """Says much."""
    return "x" * length


@server.tool()
async def hang() -> str:
    """Does not answer, and hears nothing any more."""
    note("hang")
    time.sleep(600)
    return "late"


@server.tool()
def die() -> str:
    """Ends in the middle of a call."""
    note("die")
    os._exit(3)


@server.tool()
def junk() -> str:
    """Writes what is no message to where messages go, and much to where errors go."""
    os.write(output, b'this is no message\n{"jsonrpc": "2.0"}\n[1, 2\n\xff\xfe\n')
    sys.stderr.write("complaint " * 100_000)
    return "after the junk"


@server.tool()
def children() -> str:
    """Starts a process that outlives it, and tells both."""
    child = subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return json.dumps([os.getpid(), child.pid])


if way == "stdio":
    server.run("stdio")
else:
    server.run("streamable-http", host="127.0.0.1", port=int(way))
