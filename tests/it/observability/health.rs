//! `/health` and `/health/ready`.

use serde_json::json;

use super::ground::Ground;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_healthy_server_says_what_is_well() {
    let ground = Ground::new("").await;
    let health = ground.server.anonymous.get("/health").await.expect(200);
    assert_eq!(health["status"], "ok");
    assert_eq!(health["database"], "ok");
    assert_eq!(health["migrations"], "ok");
    assert_eq!(health["contract"], "ok");
    assert_eq!(health["evidence"]["object_store"], "disk");
    assert_eq!(health["evidence"]["schemes"], json!(["s3", "minio"]));
    let ready = ground.server.anonymous.get("/health/ready").await.expect(200);
    assert_eq!(ready["status"], "ok");
    for part in ["database", "bus", "workers", "object_store"] {
        assert_eq!(ready[part], "ok", "{part}: {ready}");
    }
}
