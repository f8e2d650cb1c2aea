"""Lets clients of all protocols ask one server whatever they like for some minutes, and give up now and then: `cargo xtask soak` starts the server.

    python soak.py http://127.0.0.1:1234 PID MINUTES

`PID` is the number of the server's process, whose memory is read in /proc. The server needs a collection `sdk` with a note that says when the meeting
is. Prints how often each client was answered with which status, and the memory of the server. Ends with 1 if anything failed but by 429, or if memory
grew in the second half.
"""

import asyncio
import collections
import os
import random
import statistics
import sys
import time

import anthropic
import httpx
import lmstudio
import ollama
import openai

server, pid, minutes = sys.argv[1], sys.argv[2], float(sys.argv[3])
host = server.removeprefix("http://")

# How many ask at a time, how often memory is read, and what it may differ by: allocators keep what they freed for a while.
CALLERS = 8
STEP_S = 5
SLACK_MB, SLACK_SHARE = 25, 0.05
PATIENCE_S = 300

said = [{"role": "user", "content": "Say hello."}]
counting = [{"role": "user", "content": "Count to one thousand."}]
question = [{"role": "user", "content": "On which day is the meeting?"}]
by_openai = openai.AsyncOpenAI(base_url=server + "/v1", api_key="any", max_retries=0, timeout=PATIENCE_S)
by_anthropic = anthropic.AsyncAnthropic(base_url=server, api_key="any", max_retries=0, timeout=PATIENCE_S)
by_ollama = ollama.AsyncClient(host=server, timeout=PATIENCE_S)
by_hand = httpx.AsyncClient(base_url=server, timeout=PATIENCE_S)
numbers = iter(range(1, 1 << 40))


def memory_mb():
    """Memory of the server's process in megabytes."""
    with open(f"/proc/{pid}/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024


def note():
    """A text that no other is like, so that each is read, cut and embedded."""
    number = next(numbers)
    return f"# Pump {number}\n\nThe pump of hall {number % 7} runs at {number} hertz, says the manual.\n".encode()


async def chat_whole():
    assert (await by_openai.chat.completions.create(model=chat, messages=said, max_tokens=16)).choices


async def chat_streamed():
    async for _ in await by_openai.chat.completions.create(model=chat, messages=said, max_tokens=32, stream=True):
        pass


async def chat_given_up():
    pieces = await by_openai.chat.completions.create(model=chat, messages=counting, max_tokens=500, stream=True)
    async for _ in pieces:
        break
    await pieces.close()


async def grounded():
    reply = await by_openai.chat.completions.create(model="collection/sdk", messages=question, max_tokens=32)
    assert "Tuesday" in reply.choices[0].message.content, reply


async def response_kept():
    made = await by_openai.responses.create(model=chat, input="Say hello.", max_output_tokens=16)
    await by_openai.responses.delete(made.id)


async def response_with_file_search():
    tools = [{"type": "file_search", "vector_store_ids": [store]}]
    made = await by_openai.responses.create(model=chat, input="On which day is the meeting?", tools=tools, max_output_tokens=32)
    assert any(item.type == "file_search_call" for item in made.output), made


async def embeddings():
    made = await by_openai.embeddings.create(model=embedding, input=["a cat", "a dog", f"text {next(numbers)}"])
    assert len(made.data) == 3, made


async def store_searched():
    assert (await by_openai.vector_stores.search(store, query="meeting")).data


async def file_kept():
    made = await by_openai.files.create(file=("a.md", note()), purpose="assistants")
    await by_openai.files.delete(made.id)


async def document_added():
    added = await by_hand.post("/api/collections/soak/documents", files={"files": (f"{next(numbers)}.md", note())})
    added.raise_for_status()
    path = f"/api/documents/{added.json()['documents'][0]['id']}"
    for _ in range(PATIENCE_S):
        shown = (await by_hand.get(path)).raise_for_status().json()
        if shown["status"] == "indexed":
            break
        assert shown["status"] != "failed", shown
        await asyncio.sleep(1)
    else:
        raise AssertionError(f"not indexed: {shown}")
    (await by_hand.delete(path)).raise_for_status()


async def messages_streamed():
    async with by_anthropic.messages.stream(model=chat, max_tokens=16, messages=said) as pieces:
        assert (await pieces.get_final_message()).content


async def messages_cited():
    assert (await by_anthropic.messages.create(model="collection/sdk", max_tokens=32, messages=question)).content


async def ollama_streamed():
    async for _ in await by_ollama.chat(model=chat, messages=said, options={"num_predict": 16}, stream=True):
        pass


async def ollama_embed():
    assert (await by_ollama.embed(model=embedding, input=["a cat", "a dog"])).embeddings


async def lmstudio_sdk():
    # A connection a namespace, opened and closed each time.
    async with lmstudio.AsyncClient(host) as client:
        model = await client.llm.model(chat)
        assert (await model.respond("Say hello.", config={"maxTokens": 16})).content
        assert await model.count_tokens("Say hello.") > 0
        assert await (await client.embedding.model(embedding)).embed("a cat")


async def lmstudio_rest():
    reply = await by_hand.post("/api/v1/chat", json={"model": chat, "input": "Say hello.", "max_output_tokens": 16, "store": False})
    assert reply.raise_for_status().json()["output"]


async def pages():
    for path in ("/", "/v1/models", "/metrics", "/api/collections", "/api/models/loaded"):
        (await by_hand.get(path)).raise_for_status()


ASKS = [
    chat_whole, chat_streamed, chat_given_up, grounded, response_kept, response_with_file_search, embeddings, store_searched, file_kept,
    document_added, messages_streamed, messages_cited, ollama_streamed, ollama_embed, lmstudio_sdk, lmstudio_rest, pages,
]


def status_of(error):
    """The HTTP status that an error of any of the libraries stands for, or its name."""
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    # LM Studio's sockets have no statuses.
    is_refused = isinstance(error, lmstudio.LMStudioServerError) and "at a time" in str(error)
    return 429 if is_refused else status or type(error).__name__


counts = {ask.__name__: collections.Counter() for ask in ASKS}
failures = []
memory = []


async def caller(seed, end):
    chance = random.Random(seed)
    while time.monotonic() < end:
        ask = chance.choice(ASKS)
        try:
            await ask()
            counts[ask.__name__][200] += 1
        except Exception as error:
            status = status_of(error)
            counts[ask.__name__][status] += 1
            if status == 429:
                await asyncio.sleep(0.5)
            else:
                failures.append(f"{ask.__name__}: {error!r}"[:600])


async def watch(begun, end):
    while time.monotonic() < end:
        memory.append(memory_mb())
        if len(memory) % 6 == 1:
            answered = sum(sum(counter.values()) for counter in counts.values())
            print(f"{time.monotonic() - begun:6.0f} s  {memory[-1]:6.0f} MB  {answered} answers", flush=True)
        await asyncio.sleep(STEP_S)


def tell():
    """Prints what came of it; returns whether all is well."""
    statuses = sorted({status for counter in counts.values() for status in counter}, key=str)
    print(f"{'client':28}" + "".join(f"{status!s:>12}" for status in statuses))
    for name, counter in counts.items():
        print(f"{name:28}" + "".join(f"{counter[status] or '':>12}" for status in statuses))
    total = sum(counts.values(), collections.Counter())
    print(f"{'all':28}" + "".join(f"{total[status]:>12}" for status in statuses))
    for failure in failures[:20]:
        print(failure)
    fifth = max(1, len(memory) // 5)
    middle = statistics.median(memory[2 * fifth : 3 * fifth] or memory)
    end = statistics.median(memory[-fifth:])
    grown = end - middle
    may_grow = max(SLACK_MB, SLACK_SHARE * middle)
    print(f"memory: {at_first:.0f} MB before the first request, {warm:.0f} MB when all had been asked once, "
          f"{middle:.0f} MB in the middle, {end:.0f} MB at the end: {grown:+.0f} MB, and {may_grow:.0f} MB are within the noise")
    print(f"{len(failures)} failures beside 429")
    return not failures and grown <= may_grow


async def soak():
    global warm
    (await by_hand.post("/api/collections", json={"name": "soak"})).raise_for_status()
    for ask in ASKS:
        await ask()
    warm = memory_mb()
    begun = time.monotonic()
    end = begun + minutes * 60
    await asyncio.gather(watch(begun, end), *(caller(seed, end) for seed in range(CALLERS)))


listed = httpx.get(server + "/v1/models").json()["data"]
chat = next(one["id"] for one in listed if "SmolLM2" in one["id"])
embedding = next(one["id"] for one in listed if one["type"] == "embeddings")
stores = httpx.get(server + "/v1/vector_stores").json()["data"]
store = next(one["id"] for one in stores if one["name"] == "sdk")
at_first, warm = memory_mb(), 0.0
print(f"load {os.getloadavg()[0]:.1f}, {minutes:g} minutes, {CALLERS} callers")
asyncio.run(soak())
sys.exit(0 if tell() else 1)
