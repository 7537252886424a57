//! People who come with a token of ours but were never created as users.

use patchbay_core::Ctx;
use patchbay_core::role::ActorType;
use patchbay_store::users::{self, UserRow};
use patchbay_store::{StoreError, Tx};

/// How many conversations a user can hold when nobody said otherwise. Source: domain, entities.
pub(crate) const DEFAULT_CAPACITY: i64 = 5;
/// Not a hash of anything: lets nobody in.
pub(crate) const NO_PASSWORD: &str = "!";

/// Makes sure that a human actor has a user row, so that conversations and notes can refer to it. Such a user cannot log
/// in. Tells whether a row was made.
pub async fn ensure_user(tx: &mut Tx, ctx: &Ctx) -> Result<bool, StoreError> {
    let actor = &ctx.actor;
    if actor.actor_type != ActorType::Human || !actor.role.works_conversations() {
        return Ok(false);
    }
    let id = actor.user_id();
    if users::by_id(tx, id).await?.is_some() {
        return Ok(false);
    }
    let row = UserRow {
        id,
        email: format!("{id}@users.invalid"),
        full_name: actor.name.clone().unwrap_or_else(|| "Agent".to_owned()),
        password_hash: NO_PASSWORD.to_owned(),
        role: actor.role,
        is_active: true,
        max_concurrent_conversations: DEFAULT_CAPACITY,
        version: 1,
        created_at: ctx.now,
        updated_at: ctx.now,
    };
    users::insert_if_new(tx, &row).await
}
