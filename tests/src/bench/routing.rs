//! A thousand new conversations in a second, in an inbox with a menu: rules place them, queues give them out.

use std::time::Duration;

use patchbay_core::actor::Scope;
use patchbay_core::ids::{ActorId, UserId};
use patchbay_store::{Db, Engine, assignment_turns};
use patchbay_tests::{Socket, settings};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::latency::paced_with;
use crate::report::{Report, load};
use crate::target::{Target, name};

/// An unoptimized build only shows that it works.
const CONVERSATIONS: u32 = if cfg!(debug_assertions) { 120 } else { 1_000 };
const TEAMS: [(&str, &str); 3] = [("support", "heating"), ("sales", "quote"), ("customer_service", "refund")];
const AGENTS: u32 = CONVERSATIONS / 50;
const CAPACITY: u32 = 20;
const PATIENCE: Duration = Duration::from_mins(1);

/// Both engines.
pub(crate) async fn run() -> Report {
    let mut report = Report::default();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if std::env::var("BENCH_ENGINE").is_ok_and(|chosen| chosen != name(engine)) {
            continue;
        }
        let target = Target::start(engine).await;
        let admin = &target.admin;
        let inboxes = admin.get("/api/v1/inboxes").await.expect(200);
        let inbox = id_of(&inboxes["data"], |inbox| inbox["name"] == "whatsapp-main");
        let menu = json!({"triage": "menu"});
        admin.call(Method::PATCH, &format!("/api/v1/inboxes/{inbox}"), Some(menu), &[]).await.expect(200);
        let mut teams = Vec::new();
        let mut online = JoinSet::new();
        for (slug, word) in TEAMS {
            teams.push(team(&target, slug, word, &mut online).await);
        }
        let db = target.open().await;
        let busy = load();
        let started = Instant::now();
        let text = |number: u32| TEAMS[number as usize % TEAMS.len()].1.to_owned();
        let refused = paced_with(target.port, "routing", CONVERSATIONS, CONVERSATIONS, text).await;
        let posted = started.elapsed();
        let mut held = vec![Vec::new(); teams.len()];
        while started.elapsed() < PATIENCE {
            held = loads(&db, &teams).await;
            if held.iter().flatten().sum::<i64>() >= i64::from(CONVERSATIONS) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let took = started.elapsed();
        let spread = held.iter().map(|team| team.iter().max().unwrap_or(&0) - team.iter().min().unwrap_or(&0));
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
        report.add(
            name(engine),
            vec![
                ("assigned", held.iter().flatten().sum::<i64>() as f64),
                ("posted after s", posted.as_secs_f64()),
                ("assigned after s", took.as_secs_f64()),
                ("largest spread", spread.max().unwrap_or(0) as f64),
                ("most held", *held.iter().flatten().max().unwrap_or(&0) as f64),
                ("refused", refused as f64),
                ("load before", busy),
            ],
        );
        online.shutdown().await;
    }
    report
}

/// A team that gives out what the rule with `word` sends it, and its agents with an open page each.
async fn team(target: &Target, slug: &str, word: &str, online: &mut JoinSet<()>) -> Vec<UserId> {
    let admin = &target.admin;
    let teams = admin.get("/api/v1/teams").await.expect(200);
    let team = id_of(&teams["data"], |team| team["slug"] == slug);
    let gives_out = json!({"auto_assign": true});
    admin.call(Method::PATCH, &format!("/api/v1/teams/{team}"), Some(gives_out), &[]).await.expect(200);
    let rule = json!({"name": word, "order": 10, "when": {"keywords_any": [word]}, "then": {"team": slug}});
    admin.post("/api/v1/routing-rules", rule).await.expect(201);
    let mut agents = Vec::new();
    for number in 0..AGENTS {
        let user = json!({"email": format!("{slug}-{number}@bench.test"), "full_name": format!("Agent {number}"),
            "password": "a long password of the bench", "role": "support_agent", "teams": [slug],
            "max_concurrent_conversations": CAPACITY});
        let user = admin.post("/api/v1/users", user).await.expect(201);
        let id: uuid::Uuid = user["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        let token = settings::token_for("support_agent", ActorId(id), &[slug], Scope::All);
        let mut page = Socket::open(&admin.with_token(token), None).await;
        online.spawn(async move { while page.next(Duration::from_mins(10)).await.is_some() {} });
        agents.push(UserId(id));
    }
    agents
}

fn id_of(rows: &Value, is_it: impl Fn(&Value) -> bool) -> String {
    let row = rows.as_array().and_then(|rows| rows.iter().find(|row| is_it(row)));
    row.and_then(|row| row["id"].as_str()).expect("it is there").to_owned()
}

/// How much each agent holds, by team.
async fn loads(db: &Db, teams: &[Vec<UserId>]) -> Vec<Vec<i64>> {
    let mut tx = db.read().await.expect("reads");
    let mut held = Vec::new();
    for team in teams {
        let rows = assignment_turns::loads(&mut tx, team).await.expect("reads");
        held.push(rows.iter().map(|row| row.held).collect());
    }
    held
}
