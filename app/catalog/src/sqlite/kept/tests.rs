//! What clients left here is there after a restart.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::SqliteCatalog;
use crate::{CatalogError, KeptRecords, KeptResponse, Order, Paging, ThreadItem};

#[tokio::test]
async fn responses_and_threads_outlive_the_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("catalog.sqlite");
    let kept = KeptResponse {
        resource: json!({"id": "resp_1"}),
        items: vec![json!({"role": "user", "content": "Hi."})],
        input: Vec::new(),
    };
    let item = |id: &str| ThreadItem { id: id.to_owned(), item: json!({"id": id}) };
    let metadata = BTreeMap::from([("topic".to_owned(), "tea".to_owned())]);
    let thread = {
        let catalog = SqliteCatalog::open(&path).await.expect("opens");
        catalog.put_response("resp_1", kept.clone()).await.expect("is kept");
        let made = catalog.create_thread(metadata.clone(), vec![item("a")]).await.expect("is made");
        catalog.append_items(&made.id, vec![item("b"), item("c")]).await.expect("are added");
        made
    };
    let catalog = SqliteCatalog::open(&path).await.expect("opens again");
    assert_eq!(catalog.get_response("resp_1").await.expect("is there"), kept);
    assert_eq!(catalog.get_thread(&thread.id).await.expect("is there").metadata, metadata);
    let paging = |order, after: Option<&str>| Paging {
        order,
        limit: 2,
        after: after.map(str::to_owned),
        before: None,
    };
    let list = |paging| async {
        let items = catalog.list_items(&thread.id, paging).await.expect("are there");
        items.into_iter().map(|item| item.id).collect::<Vec<_>>()
    };
    assert_eq!(list(paging(Order::Ascending, None)).await, ["a", "b"]);
    assert_eq!(list(paging(Order::Descending, Some("b"))).await, ["a"]);
    catalog.delete_response("resp_1").await.expect("goes");
    let gone = catalog.get_response("resp_1").await;
    assert!(matches!(gone, Err(CatalogError::NoSuchResponse { .. })), "{gone:?}");
}
