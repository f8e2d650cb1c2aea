//! The official Python SDK against the built server. It has no `files.retrieve`, whose channel is opened by hand.

use crate::harness::check_with_python;

/// What a user of the SDK would write; each line that fails says what it expected.
const PROGRAM: &str = r#"
import asyncio, sys
import lmstudio as lms
from lmstudio.json_api import ChannelEndpoint

host = sys.argv[1].removeprefix("http://")
assert lms.Client.is_valid_api_host(host), host
client = lms.Client(host)

listed = client.list_downloaded_models()
llms = [model for model in listed if model.type == "llm"]
embedders = [model for model in listed if model.type == "embedding"]
assert llms and embedders, listed
assert llms[0].info.max_context_length > 0 and llms[0].info.format == "gguf", llms[0].info

progress = []
model = client.llm.model(llms[0].model_key, ttl=600, on_load_progress=progress.append)
assert progress and progress[-1] == 1.0, progress
assert [loaded.identifier for loaded in client.llm.list_loaded()] == [model.identifier]
info = model.get_info()
assert info.context_length == model.get_context_length() == model.get_load_config().context_length, info
named = client.llm.load_new_instance(llms[0].model_key, "mine")
assert named.identifier == "mine" and named.get_info().model_key == info.model_key
named.unload()
assert [loaded.identifier for loaded in client.llm.list_loaded()] == [model.identifier]

reply = model.respond("Say hello.", config={"maxTokens": 8, "temperature": 0})
assert reply.content and reply.stats.predicted_tokens_count <= 8, reply
assert reply.stats.stop_reason in ("eosFound", "maxPredictedTokensReached"), reply.stats
assert reply.stats.prompt_tokens_count > 0 and reply.model_info.model_key == info.model_key
again = model.respond("Say hello.", config={"maxTokens": 8, "temperature": 0})
assert again.content == reply.content

chat = lms.Chat("Be short.")
chat.add_user_message("Name a colour.")
seen, first, read = [], [], []
stream = model.respond_stream(
    chat, config={"maxTokens": 12}, on_message=chat.append,
    on_first_token=lambda: first.append(1), on_prompt_processing_progress=read.append,
)
for fragment in stream:
    seen.append(fragment.content)
assert "".join(seen) == stream.result().content and len(first) == 1 and read[-1] == 1.0, (seen, read)
chat.add_user_message("Another one.")
assert model.respond(chat, config={"maxTokens": 4}).content

done = model.complete("One, two, three,", config={"maxTokens": 6, "temperature": 0, "stopStrings": ["\n"]})
assert done.content and "\n" not in done.content, done

schema = {"type": "object", "properties": {"colour": {"enum": ["red", "blue"]}, "count": {"type": "integer"}},
          "required": ["colour", "count"], "additionalProperties": False}
made = model.respond("Describe a thing.", response_format=schema, config={"maxTokens": 60, "temperature": 0})
assert made.structured and made.parsed["colour"] in ("red", "blue") and isinstance(made.parsed["count"], int), made

calls = []
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    calls.append((a, b))
    return a + b
rounds, messages = [], []
acted = model.act("Use the tool to add 2 and 3.", [add], max_prediction_rounds=2,
                  config={"maxTokens": 80, "temperature": 0}, on_message=messages.append, on_round_end=rounds.append)
assert acted.rounds == len(rounds) >= 1 and messages, acted

tokens = model.tokenize("Hello there.")
assert tokens and model.count_tokens("Hello there.") == len(tokens), tokens
assert len(model.tokenize(["a", "b c"])) == 2
prompt = model.apply_prompt_template("Hello there.")
assert "Hello there." in prompt and len(prompt) > len("Hello there."), prompt

embedder = client.embedding.model(embedders[0].model_key)
near, far = embedder.embed(["A cat sat down.", "The stock market fell."])
cat = embedder.embed("A kitten sits.")
dot = lambda one, other: sum(a * b for a, b in zip(one, other))
assert dot(cat, near) > dot(cat, far) and abs(dot(cat, cat) - 1) < 1e-3
assert embedder.count_tokens("A cat.") == len(embedder.tokenize("A cat.")) > 0

stopped = model.respond_stream("Count from one to two hundred in words.", config={"maxTokens": 400})
for fragment in stopped:
    stopped.cancel()
assert stopped.result().stats.stop_reason == "userStopped", stopped.result().stats
assert stopped.result().stats.predicted_tokens_count < 400

grounded = client.llm.model("collection/sdk").respond("On which day is the meeting?")
assert "Tuesday" in grounded.content, grounded

class Retrieve(ChannelEndpoint):
    _API_ENDPOINT, _NOTICE_PREFIX = "retrieve", "Retrieval"
    def iter_message_events(self, contents):
        assert contents is not None, "the channel was closed early"
        told.append(contents["type"])
        if contents["type"] == "result":
            yield self._set_result(contents["result"])
    def handle_rx_event(self, event):
        pass
handle = client.prepare_image(b"The pump runs at fifty hertz.\n", "pump.txt")
assert handle.file_type == "text/plain" and handle.size_bytes == 30, handle
def retrieve(files, limit=3):
    told.clear()
    fields = [{"key": "retrieval.limit", "value": limit}, {"key": "retrieval.embeddingModel", "value": embedder.identifier}]
    endpoint = Retrieve({})
    endpoint._creation_params = {"query": "How many hertz?", "fileIdentifiers": files, "config": {"fields": fields}}
    with client.files._create_channel(endpoint) as channel:
        return channel.wait_for_result()["entries"]
told = []
found = retrieve(["collection/sdk", handle.identifier])
assert "fifty hertz" in found[0]["content"] and found[0]["sourceIndex"] == 1, found
assert told[0] == "onFileProcessList" and "onFileProcessingStepStart" in told and told[-1] == "result", told
assert any(entry["sourceIndex"] == 0 for entry in found), found
assert retrieve([handle.identifier], 1)[0]["content"] == found[0]["content"]
assert "onFileProcessingStart" not in told, "it is indexed already"

def refused(error, act):
    try:
        act()
    except error as raised:
        return str(raised)
    raise SystemExit(f"{error} was not raised")
refused(lms.LMStudioModelNotFoundError, lambda: client.llm.model("nobody/none"))
refused(lms.LMStudioModelNotFoundError, lambda: client.llm.get_model_info("nobody/none"))
refused(lms.LMStudioPresetNotFoundError, lambda: model.respond("Hi.", preset="none"))
refused(lms.LMStudioServerError, lambda: model.respond("Hi.", config={"draftModel": "a/draft"}))
told_why = refused(lms.LMStudioServerError, lambda: model.respond("word " * 40000))
assert "context" in told_why, told_why
refused(lms.LMStudioServerError, lambda: client.llm.load_new_instance(llms[0].model_key, config={"contextLength": 10_000_000}))
refused(lms.LMStudioServerError, lambda: client.llm.model(embedders[0].model_key))

async def beside():
    async with lms.AsyncClient(host) as several:
        one = await several.llm.model(llms[0].model_key)
        both = await asyncio.gather(*(one.respond(f"Say {word}.", config={"maxTokens": 6}) for word in ("a", "b", "c")))
        assert all(reply.content for reply in both), both
asyncio.run(beside())

model.unload()
assert model.identifier not in [loaded.identifier for loaded in client.llm.list_loaded()]
client.close()
print("fine")
"#;

#[test]
fn the_official_python_sdk_works() {
    check_with_python(PROGRAM);
}
