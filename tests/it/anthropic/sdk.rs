//! The official Python SDK against the built server.

use crate::harness::check_with_python;

/// What a user of the SDK would write; each line that fails says what it expected.
const PROGRAM: &str = r#"
import sys, anthropic

client = anthropic.Anthropic(base_url=sys.argv[1], api_key="any", max_retries=0)
messages = [{"role": "user", "content": "Say hello."}]
reply = client.messages.create(model="claude-sonnet-4-5", max_tokens=8, messages=messages)
assert reply.content[0].text and reply.usage.output_tokens <= 8, reply
assert reply.stop_reason in ("end_turn", "max_tokens"), reply
count = client.messages.count_tokens(model="claude-sonnet-4-5", messages=messages)
assert count.input_tokens == reply.usage.input_tokens + reply.usage.cache_read_input_tokens, count

with client.messages.stream(
    model="claude-sonnet-4-5", max_tokens=8, system="Be short.", messages=messages
) as stream:
    text = "".join(stream.text_stream)
    final = stream.get_final_message()
assert text and final.content[0].text == text, final
assert final.usage.output_tokens > 0 and final.stop_reason, final

tool = {"name": "now", "description": "Tells the time.", "input_schema": {"type": "object", "properties": {}}}
call = {"type": "tool_use", "id": "toolu_1", "name": "now", "input": {}}
result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "12:00"}
history = messages + [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
reply = client.messages.create(model="claude-sonnet-4-5", max_tokens=8, tools=[tool], messages=history)
assert reply.content, reply

question = [{"role": "user", "content": "On which day is the meeting?"}]
with client.messages.stream(model="collection/sdk", max_tokens=64, messages=question) as stream:
    grounded = stream.get_final_message()
assert grounded.content and grounded.content[0].text, grounded
for block in grounded.content:
    for citation in block.citations or []:
        assert citation.cited_text and citation.source.startswith(sys.argv[1]), citation

listed = list(client.models.list(limit=1))
assert {"collection/sdk", final.model} <= {model.id for model in listed}, listed
assert all(model.type == "model" and model.display_name and model.created_at for model in listed), listed
assert client.models.retrieve("collection/sdk").display_name == "sdk"
answering = client.models.retrieve("claude-sonnet-4-5")
assert answering.id == final.model and answering.max_input_tokens > 0, answering
try:
    client.models.retrieve("nobody/none")
    raise SystemExit("a missing model was not refused")
except anthropic.NotFoundError as error:
    assert error.body["error"]["type"] == "not_found_error", error

try:
    client.messages.create(model="nobody/none", max_tokens=8, messages=messages)
    raise SystemExit("a missing model was not refused")
except anthropic.NotFoundError as error:
    assert error.body["error"]["type"] == "not_found_error", error
try:
    client.messages.create(model="claude-sonnet-4-5", max_tokens=8, messages=[])
    raise SystemExit("an empty chat was not refused")
except anthropic.BadRequestError as error:
    assert error.body["error"]["type"] == "invalid_request_error", error
print("fine")
"#;

#[test]
fn the_official_python_sdk_works() {
    check_with_python(PROGRAM);
}
