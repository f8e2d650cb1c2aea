//! The official Python library against the built server.

use crate::harness::check_with_python;

/// What a user of the library would write; each line that fails says what it expected.
const PROGRAM: &str = r#"
import sys, ollama

client = ollama.Client(host=sys.argv[1])
models = [model.model for model in client.list().models]
assert "collection/sdk" in models, models
capabilities = {name: client.show(name).capabilities for name in models}
chat = next(name for name in models if "tools" in capabilities[name])
embedding = next(name for name in models if "embedding" in capabilities[name])

messages = [{"role": "user", "content": "Say hello."}]
reply = client.chat(model=chat, messages=messages, options={"num_predict": 8})
assert reply.message.content and reply.done and reply.eval_count <= 8, reply
pieces = list(client.chat(model=chat, messages=messages, options={"num_predict": 8}, stream=True))
assert "".join(piece.message.content or "" for piece in pieces) and pieces[-1].done, pieces

def now() -> str:
    "Tells the time."
    return "12:00"

call = {"role": "assistant", "tool_calls": [{"function": {"name": "now", "arguments": {}}}]}
history = messages + [call, {"role": "tool", "tool_name": "now", "content": now()}]
reply = client.chat(model=chat, messages=history, tools=[now], options={"num_predict": 8})
assert reply.message.content or reply.message.tool_calls, reply

text = client.generate(model=chat, prompt="Say hello.", options={"num_predict": 4})
assert text.response, text
vectors = client.embed(model=embedding, input=["a cat", "a dog"]).embeddings
assert len(vectors) == 2 and vectors[0] == client.embeddings(model=embedding, prompt="a cat").embedding
assert any(model.model == chat for model in client.ps().models), client.ps()
assert client.pull(chat).status == "success"

question = [{"role": "user", "content": "On which day is the meeting?"}]
assert client.chat(model="collection/sdk", messages=question).message.content
try:
    client.chat(model="nobody/none", messages=messages)
    raise SystemExit("a missing model was not refused")
except ollama.ResponseError as error:
    assert error.status_code == 404 and "nobody/none" in error.error, error
print("fine")
"#;

#[test]
fn the_official_python_library_works() {
    check_with_python(PROGRAM);
}
