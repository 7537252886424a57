//! Files on their way to a provider.

use bytes::Bytes;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::ids::{MediaId, MessageId};
use patchbay_core::item::ContentType;
use patchbay_simulator::{Faults, Provider};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::media::{self, MediaStatus, NewMedia};
use patchbay_store::messages;
use patchbay_store::objects::media_key;
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::world::World;

both_engines! {
    a_file_that_meta_could_not_fetch_is_uploaded_anew_twice_and_then_given_up;
    a_copy_that_meta_refuses_is_forgotten;
}

const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n a picture";

/// A picture on its way to the customer.
async fn picture(world: &World, conversation: &ConversationRow, seq: i64) -> MessageId {
    let id = world.write(conversation, seq, ContentType::Image, "Look", json!({})).await;
    let sum = hex::encode(Sha256::digest(PICTURE));
    let key = media_key(&sum);
    world.deps.files.put(&Path::from(key.as_str()), Bytes::from_static(PICTURE).into()).await.expect("it is kept");
    let media_id = MediaId::new();
    let mut tx = world.db.begin().await.expect("a transaction");
    let file = NewMedia {
        id: media_id,
        message_id: Some(id),
        conversation_id: Some(conversation.id),
        provider_media_id: None,
        mime_type: "image/png",
        filename: Some("door.png"),
        size_bytes: i64::try_from(PICTURE.len()).ok(),
        sha256: Some(&sum),
        storage_key: Some(&key),
        status: MediaStatus::Ready,
        created_by: None,
    };
    media::insert(&mut tx, &file, world.clock.now()).await.expect("a file");
    let mut row = messages::by_id(&mut tx, id).await.expect("an answer").expect("the message");
    row.content = json!({"media": [{"media_id": media_id, "sha256_hex": sum, "status": "ready"}], "metadata": {}});
    messages::set_content(&mut tx, &row).await.expect("its content");
    tx.commit().await.expect("a commit");
    id
}

fn uploads(world: &World) -> usize {
    let requests = world.fakes.requests(Provider::Meta);
    requests.iter().filter(|request| request.path.ends_with("/media") && request.status == Some(200)).count()
}

async fn a_file_that_meta_could_not_fetch_is_uploaded_anew_twice_and_then_given_up(database: TestDatabase) {
    let world = World::new(database).await;
    let conversation = world.conversation(world.whatsapp, "+15550107788").await;
    let id = picture(&world, &conversation, 1).await;
    world.fakes.set_faults(Provider::Meta, Faults { fail_messages: 3, fail_code: 131_053, ..Faults::default() });
    for round in 1..=3 {
        world.drain().await;
        let expected = if round < 3 { DeliveryStatus::Pending } else { DeliveryStatus::Failed };
        // The provider's report is on its way.
        eventually(&format!("offer {round} is refused"), PATIENCE, || async {
            world.settle().await;
            world.drain().await;
            (world.status(id).await == expected).then_some(())
        })
        .await;
        assert_eq!(uploads(&world), round, "each offer is a new copy");
        // The longest that the second wait can be.
        world.advance(61);
    }
    assert_eq!(world.message(id).await.error.expect("a reason")["code"], "131053");
    world.drain().await;
    assert_eq!(uploads(&world), 3, "and never again");
}

async fn a_copy_that_meta_refuses_is_forgotten(database: TestDatabase) {
    let world = World::new(database).await;
    let conversation = world.conversation(world.whatsapp, "+15550107788").await;
    let first = picture(&world, &conversation, 1).await;
    world.drain().await;
    world.settle().await;
    assert_eq!(world.status(first).await, DeliveryStatus::Delivered);
    let second = picture(&world, &conversation, 2).await;
    world.fakes.set_faults(Provider::Meta, Faults { fail_messages: 1, fail_code: 131_053, ..Faults::default() });
    world.drain().await;
    world.settle().await;
    world.drain().await;
    assert_eq!(uploads(&world), 1, "the copy of the first was used");
    world.advance(31);
    world.drain().await;
    world.settle().await;
    assert_eq!((uploads(&world), world.status(second).await), (2, DeliveryStatus::Delivered));
}
