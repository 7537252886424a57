//! Coming into force: at the start the file's policy against what is stored, later what other nodes agreed to.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::Ctx;
use patchbay_core::event::EventName;
use patchbay_core::tool::policy::{Origin, PolicyState};
use patchbay_core::tool::{DraftState, Policy};
use patchbay_store::tool_policies::{self, PolicyRow};
use patchbay_store::{StoreError, conversations, tool_drafts};
use tokio_util::sync::CancellationToken;

use super::{InForce, UnusablePolicy};
use crate::gateway::Gateway;
use crate::outcome::Refusal;

/// How soon a node follows what another one agreed to. A draft is carried out under the stored one at once.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Drafts of one round.
const ROUND: i64 = 50;

impl Gateway {
    /// Brings the policy of the settings into force, unless a newer one is. Errors: the same version with other words; a
    /// newer one that does not fit the tools.
    pub async fn begin_policy(&self) -> Result<(), UnusablePolicy> {
        loop {
            match self.try_begin_policy().await {
                // Another node starts at the same moment: what it has written is looked at.
                Err(UnusablePolicy::Store(StoreError::Duplicate)) => {}
                end => return end,
            }
        }
    }

    async fn try_begin_policy(&self) -> Result<(), UnusablePolicy> {
        let own = self.policy();
        let ctx = Ctx::system(self.hub.gate.clock.now(), "policy");
        let mut tx = self.hub.db.begin().await?;
        let newer = tool_policies::in_force(&mut tx).await?.filter(|row| row.version > own.version);
        match (newer, tool_policies::by_version(&mut tx, own.version).await?) {
            (Some(row), _) => {
                tx.rollback().await?;
                if own.origin == Origin::File || row.origin == Origin::File {
                    tracing::warn!(
                        policy.version = own.version,
                        policy.in_force = row.version,
                        "the policy of the settings is older than the one in force, which stays"
                    );
                }
                let version = row.version;
                self.swap(row).map_err(|problem| UnusablePolicy::Kept(version, problem))
            }
            (None, Some(row)) if row.state == PolicyState::InForce && row.hash == own.hash => {
                tx.rollback().await?;
                Ok(())
            }
            (None, Some(_)) => {
                tx.rollback().await?;
                Err(UnusablePolicy::VersionUsed(own.version))
            }
            (None, None) => {
                tool_policies::retire(&mut tx, ctx.now).await?;
                tool_policies::insert(&mut tx, &row_of(&own, &ctx)).await?;
                tx.commit().await?;
                Ok(())
            }
        }
    }

    /// Judges calls by a stored policy from now on.
    pub(crate) fn swap(&self, row: PolicyRow) -> Result<(), String> {
        let policy: Policy = serde_json::from_value(row.body).map_err(|error| error.to_string())?;
        policy.check(&self.catalog).map_err(|error| error.to_string())?;
        tracing::info!(policy.version = policy.version, policy.hash = %row.hash, "the policy of tools is in force");
        self.policy.store(Arc::new(InForce { policy, hash: row.hash, origin: row.origin }));
        Ok(())
    }

    /// Follows what other nodes agreed to, until `stop`.
    pub async fn follow_policy(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            if let Err(error) = self.look_at_policy().await {
                tracing::warn!(error = %patchbay_http::Chain(&error), "the policy cannot be read; the last one stays");
            }
        }
    }

    pub(crate) async fn look_at_policy(&self) -> Result<(), StoreError> {
        let mut tx = self.hub.db.read().await?;
        let own = self.policy();
        let mark = tool_policies::mark(&mut tx).await?;
        if mark.is_none_or(|mark| mark.version == own.version && mark.hash == own.hash) {
            return Ok(());
        }
        let Some(row) = tool_policies::in_force(&mut tx).await? else { return Ok(()) };
        if let Err(problem) = self.swap(row) {
            tracing::error!(problem, "the policy in force does not fit the tools of this node; the last one stays");
        }
        Ok(())
    }

    /// Voids drafts that were made under another policy: what was agreed to was agreed to under that one.
    pub(crate) async fn void_outdated(&self) -> Result<(), Refusal> {
        let Some(mark) = tool_policies::mark(&mut self.hub.db.read().await?).await? else { return Ok(()) };
        let outdated = tool_drafts::outdated(&mut self.hub.db.read().await?, mark.version, ROUND).await?;
        for id in outdated {
            let ctx = Ctx::system(self.hub.gate.clock.now(), id.to_string());
            let mut tx = self.hub.db.begin().await?;
            let Some(mut draft) = tool_drafts::by_id(&mut tx, id).await? else { continue };
            let conversation = conversations::by_id(&mut tx, draft.conversation_id).await?.ok_or(StoreError::NoRow)?;
            if draft.state.can_be_cancelled() && draft.policy_version != mark.version {
                draft.state = DraftState::Voided;
                draft.failure = Some("the policy has changed".into());
                draft.check_at = draft.external_id.is_some().then_some(ctx.now);
                self.write(&mut tx, &ctx, &conversation, draft, EventName::DraftFailed).await?;
                tx.commit().await?;
            }
        }
        Ok(())
    }
}

/// The row of a policy that the settings bring into force.
fn row_of(own: &InForce, ctx: &Ctx) -> PolicyRow {
    PolicyRow {
        version: own.version,
        hash: own.hash.clone(),
        body: serde_json::to_value(&own.policy).expect("a policy is plain data"),
        origin: own.origin,
        state: PolicyState::InForce,
        note: String::new(),
        proposed_by: ctx.actor.id,
        proposed_at: ctx.now,
        decided_by: None,
        decided_at: None,
        decision_reason: None,
        in_force_from: Some(ctx.now),
        in_force_until: None,
    }
}
