//! The official Python SDK: files, vector stores, file search and conversations, against the built server.

use crate::harness::check_with_python;

/// What a user of the SDK would write; each line that fails says what it expected.
const PROGRAM: &str = r##"
import sys, openai
from openai import OpenAI

client = OpenAI(base_url=sys.argv[1] + "/v1", api_key="any", max_retries=0)
pump = ("pump.md", b"# Pump\n\nThe pump runs at 50 hertz.\n")
tank = ("tank.md", b"# Tank\n\nThe tank holds 900 litres.\n")

file = client.files.create(file=pump, purpose="assistants")
assert client.files.retrieve(file.id).filename == "pump.md", file
assert client.files.content(file.id).read() == pump[1]
assert client.files.wait_for_processing(file.id).status == "processed"
listed = list(client.files.list(limit=1))
assert file.id in [one.id for one in listed] and len(listed) >= 2, listed

store = client.vector_stores.create(name="Plant: all", metadata={"team": "a"})
assert store.name == "Plant: all" and store.status == "completed", store
attached = client.vector_stores.files.create_and_poll(
    file.id, vector_store_id=store.id, attributes={"kind": "manual", "year": 2024}
)
assert attached.status == "completed" and attached.attributes["kind"] == "manual", attached
uploaded = client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=tank)
assert uploaded.status == "completed", uploaded
batch = client.vector_stores.file_batches.upload_and_poll(
    vector_store_id=store.id,
    files=[("a.md", b"The roof is red."), ("b.md", b"The door is blue.")],
)
assert batch.status == "completed" and batch.file_counts.completed == 2, batch
of_batch = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id)
assert len(list(of_batch)) == 2
assert len(list(client.vector_stores.files.list(store.id, limit=3))) == 4
text = client.vector_stores.files.content(file.id, vector_store_id=store.id)
assert "50 hertz" in "".join(part.text for part in text), text

found = client.vector_stores.search(store.id, query="At how many hertz does the pump run?")
assert found.data[0].file_id == file.id and "50 hertz" in found.data[0].content[0].text, found
only = {"type": "eq", "key": "kind", "value": "manual"}
found = client.vector_stores.search(store.id, query=["tank", "pump"], filters=only)
assert {one.file_id for one in found.data} == {file.id}, found
changed = client.vector_stores.files.update(
    uploaded.id, vector_store_id=store.id, attributes={"kind": "sheet"}
)
assert changed.attributes == {"kind": "sheet"}, changed
renamed = client.vector_stores.update(store.id, name="Plant", expires_after={"anchor": "last_active_at", "days": 3})
assert renamed.name == "Plant" and renamed.expires_at, renamed
assert store.id in [one.id for one in client.vector_stores.list()]

tools = [{"type": "file_search", "vector_store_ids": [store.id], "max_num_results": 4}]
question = "At how many hertz does the pump run?"
reply = client.responses.create(
    model="gpt-4o", input=question, tools=tools, include=["file_search_call.results"]
)
call, message = reply.output[0], reply.output[1]
assert call.type == "file_search_call" and call.results[0].file_id == file.id, reply
citations = [one for part in message.content for one in part.annotations]
assert citations and all(one.type == "file_citation" for one in citations), reply
assert citations[0].file_id == file.id and citations[0].filename == "pump.md", citations
with client.responses.stream(model="gpt-4o", input=question, tools=tools) as stream:
    kinds = [event.type for event in stream]
for kind in ("in_progress", "searching", "completed"):
    assert f"response.file_search_call.{kind}" in kinds, kinds
assert "response.output_text.annotation.added" in kinds, kinds

conversation = client.conversations.create(
    metadata={"topic": "tea"},
    items=[{"type": "message", "role": "user", "content": "My name is Ada."}],
)
assert client.conversations.retrieve(conversation.id).metadata == {"topic": "tea"}
first = client.responses.create(
    model="gpt-4o", conversation=conversation.id, input="Say hello.", max_output_tokens=8
)
assert first.conversation.id == conversation.id, first
items = list(client.conversations.items.list(conversation.id, order="asc"))
assert [item.role for item in items] == ["user", "user", "assistant"], items
added = client.conversations.items.create(
    conversation.id, items=[{"role": "user", "content": "One more thing."}]
)
one = client.conversations.items.retrieve(added.data[0].id, conversation_id=conversation.id)
assert one.content[0].text == "One more thing.", one
client.conversations.items.delete(one.id, conversation_id=conversation.id)
assert len(list(client.conversations.items.list(conversation.id, limit=2))) == 3
client.conversations.update(conversation.id, metadata={"topic": "coffee"})
assert client.conversations.delete(conversation.id).deleted

later = client.responses.create(model="gpt-4o", input="Hi.", background=True, max_output_tokens=4)
while later.status == "in_progress":
    later = client.responses.retrieve(later.id)
assert later.status in ("completed", "incomplete"), later

gone = client.vector_stores.files.delete(uploaded.id, vector_store_id=store.id)
assert gone.deleted and client.files.retrieve(uploaded.id).id == uploaded.id
assert client.vector_stores.delete(store.id).deleted
assert client.files.delete(file.id).deleted
try:
    client.files.retrieve(file.id)
    raise SystemExit("a deleted file was found")
except openai.NotFoundError:
    pass
print("fine")
"##;

#[test]
fn the_official_python_sdk_works() {
    check_with_python(PROGRAM);
}
