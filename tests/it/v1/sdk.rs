//! The official Python SDK against the built server with the small test models.

use crate::harness::check_with_python;

/// What a user of the SDK would write; each line that fails says what it expected.
const PROGRAM: &str = r#"
import sys, openai
from openai import OpenAI

client = OpenAI(base_url=sys.argv[1] + "/v1", api_key="any", max_retries=0)
models = {model.id: model for model in client.models.list()}
assert "collection/sdk" in models, list(models)
chat = next(id for id, model in models.items() if model.type == "llm")
embedding = next(id for id, model in models.items() if model.type == "embeddings")
assert client.models.retrieve(chat).id == chat

messages = [{"role": "user", "content": "Say hello."}]
reply = client.chat.completions.create(model=chat, messages=messages, max_tokens=8)
assert reply.choices[0].message.content and reply.usage.completion_tokens <= 8, reply

with client.chat.completions.stream(
    model=chat, messages=messages, max_tokens=8, stream_options={"include_usage": True}
) as stream:
    try:
        final = stream.get_final_completion()
    except openai.LengthFinishReasonError as error:
        final = error.completion
assert final.choices[0].message.content and final.choices[0].message.role == "assistant", final
assert final.usage.total_tokens > 0, final

text = client.completions.create(model=chat, prompt="One, two,", max_tokens=4)
assert text.choices[0].text, text

vectors = client.embeddings.create(model=embedding, input=["a cat", "a dog"]).data
plain = client.embeddings.create(model=embedding, input="a cat", encoding_format="float").data
assert len(vectors) == 2 and len(vectors[0].embedding) == len(plain[0].embedding), vectors
assert abs(vectors[0].embedding[0] - plain[0].embedding[0]) < 1e-3

question = [{"role": "user", "content": "On which day is the meeting?"}]
grounded = client.chat.completions.create(model="collection/sdk", messages=question, max_tokens=64)
message = grounded.choices[0].message
assert message.content, grounded
for annotation in message.annotations or []:
    citation = annotation.url_citation
    mark = message.content[citation.start_index:citation.end_index]
    assert mark.startswith("[") and citation.url.startswith(sys.argv[1]), annotation
pieces = client.chat.completions.create(
    model="collection/sdk", messages=question, max_tokens=64, stream=True
)
assert "".join(c.choices[0].delta.content or "" for c in pieces if c.choices)

try:
    client.chat.completions.create(model="nobody/none", messages=messages)
    raise SystemExit("a missing model was not refused")
except openai.NotFoundError as error:
    assert error.code == "model_not_found", error
print("fine")
"#;

#[test]
fn the_official_python_sdk_works() {
    check_with_python(PROGRAM);
}
