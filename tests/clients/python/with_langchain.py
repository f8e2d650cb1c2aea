"""LangChain's libraries for OpenAI, Anthropic and Ollama; each line that fails says what it expected."""

import json
import sys
import urllib.request

import anthropic
import ollama
import openai
from jsonschema import validate
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_ollama import ChatOllama, OllamaEmbeddings
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

server = sys.argv[1]
models = json.load(urllib.request.urlopen(server + "/v1/models"))["data"]
model = next(one["id"] for one in models if "SmolLM2" in one["id"])
embedding = next(one["id"] for one in models if one["type"] == "embeddings")
near = model[:-1]

schema = {
    "title": "weather",
    "description": "The weather of a city.",
    "type": "object",
    "properties": {
        "city": {"type": "string", "enum": ["Bonn", "Paris"]},
        # Anthropic's library keeps no least and greatest.
        "degrees": {"type": "integer", "enum": [0, 10, 20]},
    },
    "required": ["city", "degrees"],
    "additionalProperties": False,
}


@tool
def weather(city: str) -> str:
    """Tells the weather of a city."""
    return f"12 degrees in {city}"


def by_openai(**settings):
    settings = {"model": model, "max_tokens": 60, **settings}
    return ChatOpenAI(base_url=server + "/v1", api_key="any", max_retries=0, **settings)


def by_anthropic(**settings):
    settings = {"model": model, "max_tokens": 60, **settings}
    return ChatAnthropic(base_url=server, api_key="any", max_retries=0, **settings)


def by_ollama(**settings):
    settings = {"model": model, "num_predict": 60, **settings}
    return ChatOllama(base_url=server, **settings)


question = HumanMessage("How warm is Bonn?")
chats = [by_openai(), by_openai(use_responses_api=True), by_anthropic(), by_ollama()]
for chat in chats:
    whole = chat.invoke("Say hello.")
    assert whole.text and whole.usage_metadata["output_tokens"] > 0, whole
    pieces = list(chat.stream("Say hello."))
    assert len(pieces) > 1 and "".join(piece.text for piece in pieces), pieces

    # Ollama's protocol has no way to ask for a call.
    if not isinstance(chat, ChatOllama):
        calling = chat.bind_tools([weather], tool_choice="any")
        reply = calling.invoke([question])
        (call,) = reply.tool_calls
        assert call["name"] == "weather" and "city" in call["args"], call
        streamed = None
        for piece in calling.stream([question]):
            streamed = piece if streamed is None else streamed + piece
        assert [one["name"] for one in streamed.tool_calls] == ["weather"], streamed
        result = weather.invoke(call)
        assert isinstance(result, ToolMessage), result
        said = chat.bind_tools([weather]).invoke([question, reply, result])
        assert said.text or said.tool_calls, said

    formed = chat.with_structured_output(schema, method="json_schema").invoke([question])
    validate(formed, schema)

by_function = by_openai().with_structured_output(schema, method="function_calling").invoke([question])
validate(by_function, schema)

grounded = by_openai(model="collection/sdk").invoke("On which day is the meeting?")
assert "Tuesday" in grounded.text, grounded
assert len(by_openai().batch(["One?", "Two?", "Three?"])) == 3

settings = {"base_url": server + "/v1", "api_key": "any", "model": embedding}
vectors = OpenAIEmbeddings(check_embedding_ctx_length=False, **settings)
one = vectors.embed_query("a cat")
several = vectors.embed_documents(["a cat", "a dog"])
assert len(several) == 2 and max(abs(a - b) for a, b in zip(one, several[0])) < 1e-3
other = OllamaEmbeddings(base_url=server, model=embedding).embed_query("a cat")
assert max(abs(a - b) for a, b in zip(one, other)) < 1e-3

for build, error in [
    (by_openai, openai.NotFoundError),
    (by_anthropic, anthropic.NotFoundError),
    (by_ollama, ollama.ResponseError),
]:
    try:
        build(model=near).invoke("Hello?")
        raise SystemExit(f"{build.__name__}: a missing model was not refused")
    except error as refused:
        assert model in str(refused), refused
try:
    by_openai().invoke("why " * 60_000)
    raise SystemExit("a text that is too long was not refused")
except openai.BadRequestError as refused:
    assert "exceeds the available context size" in str(refused), refused
print("fine")
