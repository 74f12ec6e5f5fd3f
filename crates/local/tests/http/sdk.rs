//! The service's own Rust client takes the embedded store for the service.

use aws_sdk_cloudfrontkeyvaluestore as kvs;
use aws_sdk_cloudfrontkeyvaluestore::config::endpoint::{
    DefaultResolver, EndpointFuture, Params, ResolveEndpoint,
};
use kvs::error::ProvideErrorMetadata;
use kvs::types::{DeleteKeyRequestListItem, PutKeyRequestListItem};

use super::client::start;
use routesync_local::LocalStore;

/// The service's endpoint with another address: ARN checks and the signing scheme stay.
#[derive(Debug)]
struct Fixed(String, DefaultResolver);

impl ResolveEndpoint for Fixed {
    fn resolve_endpoint<'a>(&'a self, params: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::new(async move {
            let endpoint = self.1.resolve_endpoint(params).await?;
            Ok(endpoint.into_builder().url(self.0.clone()).build())
        })
    }
}

fn client(store: &LocalStore) -> kvs::Client {
    let config = kvs::Config::builder()
        .behavior_version(kvs::config::BehaviorVersion::latest())
        .credentials_provider(kvs::config::Credentials::new("TEST", "secret", None, None, "test"))
        .retry_config(kvs::config::retry::RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_resolver(Fixed(store.endpoint(), DefaultResolver::new()))
        .build();
    kvs::Client::from_conf(config)
}

#[tokio::test]
async fn all_six_operations() {
    let store = start("{}").await;
    let (client, arn) = (client(&store), store.arn());
    let described = client.describe_key_value_store().kvs_arn(arn).send().await.unwrap();
    assert_eq!((described.item_count(), described.total_size_in_bytes()), (0, 0));
    assert_eq!((described.kvs_arn(), described.status()), (arn, Some("READY")));
    assert!(described.created().secs() > 1_700_000_000 && described.last_modified().is_some());

    let key = "9f2c:routes:0/ü %2F";
    let put = client.put_key().kvs_arn(arn).key(key).value("{\"a\":\"é\"}").if_match(described.e_tag());
    let put = put.send().await.unwrap();
    assert_eq!((put.item_count(), put.total_size_in_bytes()), (1, i64::try_from(key.len()).unwrap() + 10));
    let got = client.get_key().kvs_arn(arn).key(key).send().await.unwrap();
    assert_eq!((got.key(), got.value(), got.item_count()), (key, "{\"a\":\"é\"}", 1));

    let item = |key: &str| PutKeyRequestListItem::builder().key(key).value("v").build().unwrap();
    let puts = (0..30).map(|n| item(&format!("k{n:02}"))).collect();
    let delete = DeleteKeyRequestListItem::builder().key(key).build().unwrap();
    let update = client.update_keys().kvs_arn(arn).if_match(put.e_tag()).set_puts(Some(puts)).deletes(delete);
    let update = update.send().await.unwrap();
    assert_eq!(update.item_count(), 30);

    let mut pages = client.list_keys().kvs_arn(arn).max_results(20).into_paginator().items().send();
    let mut listed = Vec::new();
    while let Some(item) = pages.next().await {
        listed.push(item.unwrap().key().to_owned());
    }
    assert_eq!(listed, store.entries(arn).unwrap().into_keys().collect::<Vec<_>>());

    let delete = client.delete_key().kvs_arn(arn).key("k00").if_match(update.e_tag()).send().await.unwrap();
    assert_eq!(delete.item_count(), 29);
    let entries: Vec<_> = store.log().into_iter().map(|entry| (entry.status, entry.error)).collect();
    assert_eq!(entries, [(200, None); 7]);
}

#[tokio::test]
async fn errors_are_read_as_modelled() {
    let store = start("{}").await;
    let (client, arn) = (client(&store), store.arn());
    let stale = client.delete_key().kvs_arn(arn).key("k").if_match("old").send().await.unwrap_err();
    let stale = stale.into_service_error();
    assert!(stale.is_validation_exception() && stale.message().unwrap().contains("Pre-Condition failed"));
    let missing = client.get_key().kvs_arn(arn).key("k").send().await.unwrap_err().into_service_error();
    assert!(missing.is_resource_not_found_exception());
    assert!(kvs::operation::RequestId::request_id(&missing).is_some());
    let etag = client.describe_key_value_store().kvs_arn(arn).send().await.unwrap();
    let long = client.put_key().kvs_arn(arn).key("k").value("v".repeat(1_025)).if_match(etag.e_tag());
    assert!(long.send().await.unwrap_err().into_service_error().is_service_quota_exceeded_exception());
    store.script(serde_json::from_str(r#"[{"how":"throttle"},{"how":"tooManyRequests"}]"#).unwrap());
    let throttled = client.get_key().kvs_arn(arn).key("k").send().await.unwrap_err();
    assert_eq!(throttled.code(), Some("ThrottlingException"));
    let bare = client.get_key().kvs_arn(arn).key("k").send().await.unwrap_err();
    assert_eq!(bare.raw_response().unwrap().status().as_u16(), 429);
    store.delete_store(arn).unwrap();
    let gone = client.describe_key_value_store().kvs_arn(arn).send().await.unwrap_err();
    assert!(gone.into_service_error().is_conflict_exception());
}
