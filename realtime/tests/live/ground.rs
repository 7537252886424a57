//! What the nodes of one test share: a database, a bus, people and a clock.

use std::collections::BTreeSet;
use std::sync::Arc;

use arc_swap::ArcSwap;
use patchbay_core::clock::Clock;
use patchbay_core::directory::{Directory, Team, User};
use patchbay_core::ids::{RecordId, SessionId, TeamId, UserId};
use patchbay_core::role::Role;
use patchbay_core::secret::Secret;
use patchbay_http::{Claims, DevelopmentHeaders, Gate, TokenKeys, WordList};
use patchbay_realtime::Bus;
use patchbay_store::Engine;
use patchbay_test_database::TestDatabase;

/// Which engine and which bus.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    SqliteAndMemory,
    PostgresAndRedis,
}

/// What the nodes of one test share.
pub(crate) struct Ground {
    pub(crate) database: TestDatabase,
    pub(crate) bus: Bus,
    pub(crate) gate: Gate,
    pub(crate) support: TeamId,
    pub(crate) sales: TeamId,
}

impl Ground {
    /// `None` when the services of that kind are not there.
    pub(crate) async fn of(kind: Kind) -> Option<Self> {
        let name = RecordId::new().0.simple().to_string();
        let (database, bus) = match kind {
            Kind::SqliteAndMemory => (TestDatabase::fresh(Engine::Sqlite).await, Bus::memory()),
            Kind::PostgresAndRedis => {
                std::env::var_os("TEST_POSTGRES_URL")?;
                let redis = std::env::var("TEST_REDIS_URL").ok()?;
                let bus = Bus::redis(&redis, &format!("test-{name}")).unwrap();
                (TestDatabase::fresh(Engine::Postgres).await, bus)
            }
        };
        let (support, sales) = (TeamId::new(), TeamId::new());
        let mut directory = Directory::default();
        for (id, slug) in [(support, "support"), (sales, "sales")] {
            directory.teams.insert(
                id,
                Team { id, slug: slug.into(), name: slug.into(), is_active: true, auto_assign: false, calendar: None },
            );
        }
        let secret = Secret::new("a secret that is long enough for anything");
        let gate = Gate {
            keys: TokenKeys::new(&secret, None, None),
            directory: Arc::new(ArcSwap::from_pointee(directory)),
            clock: Clock::system(),
            allowed_origins: Arc::from(["https://desk.example.test".to_owned()]),
            rates: patchbay_http::ActorRates::default(),
            development: DevelopmentHeaders::Refused,
        };
        Some(Self { database, bus, gate, support, sales })
    }

    /// Changes the directory, as whoever keeps it does after a change.
    pub(crate) fn change(&self, change: impl Fn(&mut Directory)) {
        self.gate.directory.rcu(|directory| {
            let mut directory = Directory::clone(directory);
            change(&mut directory);
            directory
        });
    }

    /// A new user with a login.
    pub(crate) fn user(&self, name: &str, role: Role, teams: &[TeamId]) -> Login {
        let user = User {
            id: UserId::new(),
            full_name: name.into(),
            role,
            is_active: true,
            capacity: 5,
            teams: teams.iter().copied().collect::<BTreeSet<_>>(),
            skills: std::collections::BTreeMap::new(),
        };
        self.change(|directory| {
            directory.users.insert(user.id, user.clone());
        });
        let session = SessionId::new();
        Login { user: user.id, session, token: self.token(user.id, role, session, 3600) }
    }

    pub(crate) fn admin(&self) -> Login {
        self.user("Ada", Role::Admin, &[])
    }

    pub(crate) fn token(&self, user: UserId, role: Role, session: SessionId, ttl_seconds: i64) -> String {
        let claims = Claims {
            sub: user.to_string(),
            role: role.to_string(),
            exp: self.gate.clock.now().timestamp() + ttl_seconds,
            account_ids: Some(WordList::Text("*".into())),
            site_ids: Some(WordList::Text("*".into())),
            sid: Some(session.0),
            ..Claims::default()
        };
        self.gate.keys.as_ref().unwrap().issue(claims).unwrap()
    }
}

/// A user's login.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
    pub(crate) token: String,
}

/// Lists tests that take a [`Ground`]; each runs on both kinds, the second one when its services are there.
macro_rules! on_both_grounds {
    ($($name:ident;)+) => {
        mod sqlite_and_memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let ground = crate::ground::Ground::of(crate::ground::Kind::SqliteAndMemory).await;
                super::$name(ground.expect("SQLite is always there")).await;
            })+
        }
        mod postgres_and_redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(ground) = crate::ground::Ground::of(crate::ground::Kind::PostgresAndRedis).await {
                    super::$name(ground).await;
                }
            })+
        }
    };
}
pub(crate) use on_both_grounds;
