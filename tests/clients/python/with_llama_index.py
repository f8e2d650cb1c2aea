"""LlamaIndex's classes for servers that are like OpenAI; each line that fails says what it expected."""

import json
import sys
import urllib.request
from typing import Literal

import openai
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from llama_index.llms.openai_like import OpenAILike
from pydantic import BaseModel, Field

server = sys.argv[1]
models = json.load(urllib.request.urlopen(server + "/v1/models"))["data"]
model = next(one["id"] for one in models if "SmolLM2" in one["id"])
embedding = next(one["id"] for one in models if one["type"] == "embeddings")


class Weather(BaseModel):
    """The weather of a city."""

    city: Literal["Bonn", "Paris"]
    degrees: int = Field(ge=-20, le=40)


def weather(city: Literal["Bonn", "Paris"]) -> str:
    """Tells the weather of a city."""
    return f"12 degrees in {city}"


def llm(**settings):
    usual = {"model": model, "max_tokens": 60, "is_chat_model": True, "is_function_calling_model": True}
    return OpenAILike(
        api_base=server + "/v1", api_key="any", max_retries=0, timeout=600, **(usual | settings)
    )


hello = [ChatMessage(role="user", content="Say hello.")]
assert llm().chat(hello).message.content
pieces = list(llm().stream_chat(hello))
assert len(pieces) > 1 and pieces[-1].message.content, pieces
# As it is unless told otherwise: texts that are gone on with.
text = llm(is_chat_model=False)
assert text.complete("One, two,").text
assert list(text.stream_complete("One, two,"))[-1].text

tool = FunctionTool.from_defaults(weather)
asked = llm().chat_with_tools([tool], user_msg="How warm is Bonn?", tool_required=True)
(call,) = llm().get_tool_calls_from_response(asked)
assert call.tool_name == "weather" and "degrees" in str(tool.call(**call.tool_kwargs)), call
result = ChatMessage(role="tool", content="12 degrees", additional_kwargs={"tool_call_id": call.tool_id})
history = [ChatMessage(role="user", content="How warm is Bonn?"), asked.message, result]
assert llm().chat(history, tools=[tool.metadata.to_openai_tool()]).message, history

formed = llm().as_structured_llm(Weather).complete("How warm is Bonn?").raw
assert isinstance(formed, Weather), formed
said = llm(model="collection/sdk", is_function_calling_model=False).chat(
    [ChatMessage(role="user", content="On which day is the meeting?")]
)
assert "Tuesday" in said.message.content, said

vectors = OpenAILikeEmbedding(model_name=embedding, api_base=server + "/v1", api_key="any")
one = vectors.get_query_embedding("a cat")
several = vectors.get_text_embedding_batch(["a cat", "a dog"])
assert len(several) == 2 and max(abs(a - b) for a, b in zip(one, several[0])) < 1e-3

try:
    llm(model=model[:-1]).chat(hello)
    raise SystemExit("a missing model was not refused")
except openai.NotFoundError as refused:
    assert model in str(refused), refused
print("fine")
