"""LiteLLM by the names that it has for servers like this one; each line that fails says what it expected."""

import json
import os
import sys
import urllib.request

# Its table of prices would be fetched from elsewhere.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm
from jsonschema import validate

# It would print advice on every error.
litellm.suppress_debug_info = True

server = sys.argv[1]
models = json.load(urllib.request.urlopen(server + "/v1/models"))["data"]
model = next(one["id"] for one in models if "SmolLM2" in one["id"])
embedding = next(one["id"] for one in models if one["type"] == "embeddings")
schema = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "enum": ["Bonn", "Paris"]},
        # Anthropic's library keeps no least and greatest.
        "degrees": {"type": "integer", "enum": [0, 10, 20]},
    },
    "required": ["city", "degrees"],
    "additionalProperties": False,
}
parameters = {"type": "object", "properties": {"city": schema["properties"]["city"]}, "required": ["city"]}
function = {"name": "weather", "description": "Tells the weather of a city.", "parameters": parameters}
tools = [{"type": "function", "function": function}]
question = [{"role": "user", "content": "How warm is Bonn?"}]
hello = [{"role": "user", "content": "Say hello."}]

for provider, base in [
    ("openai", server + "/v1"),
    ("hosted_vllm", server + "/v1"),
    ("lm_studio", server + "/v1"),
    ("anthropic", server),
    ("ollama_chat", server),
]:
    asked = {"model": f"{provider}/{model}", "api_base": base, "api_key": "any", "max_tokens": 60, "num_retries": 0}
    whole = litellm.completion(messages=hello, **asked)
    assert whole.choices[0].message.content and whole.usage.completion_tokens > 0, (provider, whole)
    pieces = list(litellm.completion(messages=hello, stream=True, **asked))
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces), (provider, pieces)

    form = {"type": "json_schema", "json_schema": {"name": "weather", "strict": True, "schema": schema}}
    formed = litellm.completion(messages=question, response_format=form, **asked)
    validate(json.loads(formed.choices[0].message.content), schema)

    # Ollama's protocol has no way to ask for a call.
    if provider != "ollama_chat":
        reply = litellm.completion(messages=question, tools=tools, tool_choice="required", **asked)
        message = reply.choices[0].message
        (call,) = message.tool_calls
        validate(json.loads(call.function.arguments), parameters)
        result = {"role": "tool", "tool_call_id": call.id, "content": "12 degrees"}
        history = question + [message.model_dump(), result]
        said = litellm.completion(messages=history, tools=tools, **asked).choices[0].message
        assert said.content or said.tool_calls, (provider, said)

    try:
        litellm.completion(messages=hello, **(asked | {"model": f"{provider}/{model[:-1]}"}))
        raise SystemExit(f"{provider}: a missing model was not refused")
    except (litellm.NotFoundError, litellm.APIConnectionError) as refused:
        assert model in str(refused), (provider, refused)

vectors = litellm.embedding(
    model=f"openai/{embedding}", input=["a cat", "a dog"], api_base=server + "/v1", api_key="any"
)
assert len(vectors.data) == 2 and len(vectors.data[0]["embedding"]) > 100, vectors
try:
    litellm.completion(
        model=f"openai/{model}",
        messages=[{"role": "user", "content": "why " * 60_000}],
        api_base=server + "/v1",
        api_key="any",
    )
    raise SystemExit("a text that is too long was not refused")
except litellm.ContextWindowExceededError as refused:
    assert "exceeds the available context size" in str(refused), refused
print("fine")
