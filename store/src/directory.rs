//! Everything the directory snapshot is made of, and a cheap way to tell that it changed.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{SessionId, TeamId, UserId};
use patchbay_core::role::Role;
use serde_json::Value;

use crate::assignment_turns::{self, SkillRow};
use crate::error::StoreError;
use crate::inboxes::{self, InboxRow};
use crate::record;
use crate::routing_rules::{self, RoutingRuleRow};
use crate::sla_policies::{self, SlaPolicyRow};
use crate::teams::MembershipRow;
use crate::tx::Tx;

record! {
    /// What the directory knows of a user.
    #[derive(Clone, Debug)]
    pub struct KnownUser {
        /// Our id.
        pub id: UserId,
        /// Name to show.
        pub full_name: String,
        /// What the user is allowed to be.
        pub role: Role,
        /// Deactivated users may do nothing.
        pub is_active: bool,
        /// How many conversations the user can hold at once.
        pub max_concurrent_conversations: i64,
    }
}

record! {
    /// What the directory knows of a team.
    #[derive(Clone, Debug)]
    pub struct KnownTeam {
        /// Our id.
        pub id: TeamId,
        /// Short unique name.
        pub slug: String,
        /// Name to show.
        pub name: String,
        /// Time zone of its business hours.
        pub timezone: String,
        /// Whether conversations of its queue are given out by themselves.
        pub auto_assign: bool,
        /// When it is there, by weekday.
        pub business_hours: Value,
        /// Days on which it is not.
        pub holidays: Value,
        /// Deactivated teams take no conversations.
        pub is_active: bool,
    }
}

record! {
    /// Two of these differ when anything in the directory changed between them. Rows are never deleted and their
    /// versions only grow; memberships come and go, so count and newest are compared.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct DirectoryVersion {
        /// Sum of the versions of all users.
        pub users: i64,
        /// Sum of the versions of all teams.
        pub teams: i64,
        /// Sum of the versions of all inboxes.
        pub inboxes: i64,
        /// Sum of the versions of all routing rules.
        pub rules: i64,
        /// Sum of the versions of all service levels.
        pub policies: i64,
        /// How many memberships there are.
        pub memberships: i64,
        /// When the newest began.
        pub newest_membership: Option<DateTime<Utc>>,
        /// How many logins were revoked lately.
        pub revocations: i64,
        /// When the newest was revoked.
        pub newest_revocation: Option<DateTime<Utc>>,
    }
}

/// The rows of the directory.
#[derive(Clone, Debug)]
pub struct DirectoryRows {
    /// Every user.
    pub users: Vec<KnownUser>,
    /// Every team.
    pub teams: Vec<KnownTeam>,
    /// Who belongs where.
    pub memberships: Vec<MembershipRow>,
    /// Every inbox.
    pub inboxes: Vec<InboxRow>,
    /// What everybody can do.
    pub skills: Vec<SkillRow>,
    /// Routing rules in force.
    pub rules: Vec<RoutingRuleRow>,
    /// Service levels in force.
    pub policies: Vec<SlaPolicyRow>,
    /// Logins revoked since the given time.
    pub revoked_sessions: Vec<SessionId>,
}

/// The version of the directory, with the logins revoked since `revoked_since`.
pub async fn version(tx: &mut Tx, revoked_since: DateTime<Utc>) -> Result<DirectoryVersion, StoreError> {
    tx.query(
        "select (select cast(coalesce(sum(version), 0) as bigint) from users) as users,
                (select cast(coalesce(sum(version), 0) as bigint) from teams) as teams,
                (select cast(coalesce(sum(version), 0) as bigint) from inboxes) as inboxes,
                (select cast(coalesce(sum(version), 0) as bigint) from routing_rules) as rules,
                (select cast(coalesce(sum(version), 0) as bigint) from sla_policies) as policies,
                (select count(*) from team_memberships) as memberships,
                (select max(created_at) from team_memberships) as newest_membership,
                (select count(*) from sessions where revoked_at > $1) as revocations,
                (select max(revoked_at) from sessions where revoked_at > $1) as newest_revocation",
    )
    .bind(revoked_since)
    .one()
    .await
}

/// Reads the whole directory, with the logins revoked since `revoked_since`.
pub async fn load(tx: &mut Tx, revoked_since: DateTime<Utc>) -> Result<DirectoryRows, StoreError> {
    let users = tx
        .query("select id, full_name, role, is_active, max_concurrent_conversations from users")
        .all::<KnownUser>()
        .await?;
    let teams = tx
        .query("select id, slug, name, timezone, auto_assign, business_hours, holidays, is_active from teams")
        .all::<KnownTeam>()
        .await?;
    let skills = assignment_turns::skills(tx).await?;
    let rules = routing_rules::in_force(tx).await?;
    let policies = sla_policies::in_force(tx).await?;
    let memberships = tx.query("select team_id, user_id from team_memberships").all::<MembershipRow>().await?;
    let inboxes = inboxes::all(tx).await?;
    let revoked_sessions =
        tx.query("select id from sessions where revoked_at > $1").bind(revoked_since).column::<SessionId>().await?;
    Ok(DirectoryRows { users, teams, memberships, inboxes, skills, rules, policies, revoked_sessions })
}
