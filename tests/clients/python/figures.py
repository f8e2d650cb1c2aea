"""What the server costs beside its engines. Measures a server that runs already, on a machine that does nothing else:

    python figures.py http://127.0.0.1:1234 PID overhead idle embeddings

`PID` is the number of the server's process, whose memory is read in /proc; `idle` needs a collection `sdk`. `soak.py` measures what many clients do to it.
"""

import asyncio
import json
import os
import socket
import statistics
import sys
import time
import urllib.request

server, pid, *parts = sys.argv[1:]
host, port = server.removeprefix("http://").split(":")


def memory_mb():
    """Memory of the server's process in megabytes."""
    with open(f"/proc/{pid}/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024


def get(path):
    return json.load(urllib.request.urlopen(server + path))


models = get("/v1/models")["data"]
chat = next(one["id"] for one in models if "SmolLM2" in one["id"])
embedding = next(one["id"] for one in models if one["type"] == "embeddings")


def stream(prompt, tokens):
    """Asks over a socket of its own; gives the seconds to the first and last token, and what the server says of its engine."""
    body = {"model": chat, "messages": [{"role": "user", "content": prompt}], "options": {"num_predict": tokens, "temperature": 0}}
    text = json.dumps(body).encode()
    head = f"POST /api/chat HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
    with socket.create_connection((host, int(port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # The connection is taken up before time is measured.
        time.sleep(0.02)
        begun = time.perf_counter()
        connection.sendall(head.encode() + text)
        read, first, last = b"", None, None
        while b'"done":true' not in read:
            piece = connection.recv(65536)
            assert piece, read
            read += piece
            now = time.perf_counter() - begun
            if b'"content"' in piece and b'"done":false' in piece:
                first, last = first or now, now
    told = next(json.loads(line) for line in read.split(b"\r\n") if b'"done":true' in line)
    return first, last, told


def overhead():
    stream("Warm up.", 4)
    firsts, rates = [], []
    for at in range(40):
        first, last, told = stream(f"{at}: Tell a story about the sea.", 48)
        engine = told["prompt_eval_duration"] / 1e9
        firsts.append((first - engine) * 1000)
        count = told["eval_count"]
        rates.append(((count - 1) / (last - first)) / (count / (told["eval_duration"] / 1e9)))
    print(f"first token later than the engine's: median {statistics.median(firsts):.2f} ms, worst {max(firsts):.2f} ms")
    print(f"tokens a second to the engine's: median {statistics.median(rates):.3f}")


async def idle():
    """Opens 64 streams that say nothing for a while."""
    before = memory_mb()
    held = []
    for _ in range(64):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET /api/collections/sdk/events HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        await writer.drain()
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
        held.append(writer)
    await asyncio.sleep(2)
    print(f"64 idle streams: {memory_mb() - before:.1f} MB")
    for writer in held:
        writer.close()


async def embed(texts):
    """Asks for vectors over a connection of its own; a library would take longer than the server does."""
    body = json.dumps({"model": embedding, "input": texts, "encoding_format": "base64"}).encode()
    head = f"POST /v1/embeddings HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(head.encode() + body)
    reply = await reader.read()
    writer.close()
    assert reply.startswith(b"HTTP/1.1 200"), reply[:300]


async def embeddings():
    texts = [f"Note {at}: the pump of hall {at % 7} runs at {at} hertz, says the manual of the year {1900 + at}." for at in range(200)]
    await embed(texts[:8])
    shares = []
    for _ in range(5):
        begun = time.perf_counter()
        await embed(texts)
        whole = time.perf_counter() - begun
        begun = time.perf_counter()
        await asyncio.gather(*(embed(text) for text in texts))
        single = time.perf_counter() - begun
        shares.append(whole / single)
        print(f"200 texts: {whole:.2f} s in one request, {single:.2f} s in 200 at once")
    print(f"200 at once to one: {statistics.median(shares):.2f}")


print(f"load {os.getloadavg()[0]:.1f}")
while parts:
    part = parts.pop(0)
    if part == "overhead":
        overhead()
    else:
        asyncio.run({"idle": idle, "embeddings": embeddings}[part]())
print(f"load {os.getloadavg()[0]:.1f}")
