//! Reports, lists and search over a database full of conversations: as many messages as `BENCH_MESSAGES` says (a million),
//! or what is in the databases that `BENCH_SQLITE` and `BENCH_POSTGRES` name.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::actor::Scope;
use patchbay_core::ids::ActorId;
use patchbay_store::Engine;
use patchbay_tests::{TestDatabase, settings};
use tokio::time::Instant;

use crate::desk::read;
use crate::post::Connection;
use crate::report::{Report, load, percentile};
use crate::target::{Target, name};

/// An unoptimized build only shows that it works.
const MESSAGES: &str = if cfg!(debug_assertions) { "5000" } else { "1000000" };
const TIMES: usize = if cfg!(debug_assertions) { 2 } else { 12 };
const WARM_UP: usize = 2;

/// Both engines.
pub(crate) async fn run() -> Report {
    let mut report = Report::default();
    for (engine, known) in [(Engine::Sqlite, "BENCH_SQLITE"), (Engine::Postgres, "BENCH_POSTGRES")] {
        if std::env::var("BENCH_ENGINE").is_ok_and(|chosen| chosen != name(engine)) {
            continue;
        }
        let target = match std::env::var(known) {
            Ok(url) => Target::start_on(TestDatabase::at(engine, url), "").await,
            Err(_) => Target::start(engine).await,
        };
        if std::env::var_os(known).is_none() {
            let messages = std::env::var("BENCH_MESSAGES").unwrap_or_else(|_| MESSAGES.to_owned());
            target.run(&["seed", "--messages", &messages]);
        }
        let users = target.admin.get("/api/v1/users?limit=100").await.expect(200);
        let agent = users["data"].as_array().and_then(|users| {
            users.iter().find(|user| user["email"].as_str().is_some_and(|email| email.starts_with("seed-agent-0")))
        });
        let agent = agent.expect("a seeded agent").clone();
        let id = agent["id"].as_str().expect("an id").to_owned();
        let subject = ActorId(id.parse().expect("an id"));
        let team = agent["teams"][0]["slug"].as_str().unwrap_or("support").to_owned();
        let admin: Arc<str> = settings::token("admin").into();
        let own: Arc<str> = settings::token_for("support_agent", subject, &[&team], Scope::All).into();
        let lead: Arc<str> = settings::token_for("supervisor", ActorId::new(), &[&team], Scope::All).into();
        for (kind, paths) in groups(&id, &team) {
            for (shape, path) in paths {
                let token = match shape {
                    As::Admin => &admin,
                    As::Agent => &own,
                    As::Supervisor => &lead,
                };
                let busy = load();
                let waits = times(target.port, token, &path).await;
                report.add(
                    format!("{} {kind} {}", name(engine), short(&path, shape)),
                    vec![
                        ("p50 ms", percentile(&waits, 0.5)),
                        ("p95 ms", percentile(&waits, 0.95)),
                        ("most ms", percentile(&waits, 1.0)),
                        ("load before", busy),
                    ],
                );
            }
        }
    }
    report
}

#[derive(Clone, Copy)]
enum As {
    Admin,
    Agent,
    Supervisor,
}

fn short(path: &str, shape: As) -> String {
    let who = match shape {
        As::Admin => "admin",
        As::Agent => "agent",
        As::Supervisor => "supervisor",
    };
    let tail = path.trim_start_matches("/api/v1/");
    format!("{} ({who})", tail.get(..60).unwrap_or(tail))
}

/// What is read, by the bar that it is measured against.
fn groups(agent: &str, team: &str) -> Vec<(&'static str, Vec<(As, String)>)> {
    let now = patchbay_core::clock::Clock::system().now();
    let day = |days: i64| (now - chrono::TimeDelta::days(days)).format("%Y-%m-%dT00:00:00Z").to_string();
    let mut reports = Vec::new();
    for kind in
        ["first-response", "resolution", "backlog", "utilisation", "channels", "booking", "sla", "tools", "csat"]
    {
        reports.push((As::Admin, format!("/api/v1/reports/{kind}?from={}&to={}", day(360), day(0))));
        reports.push((As::Admin, format!("/api/v1/reports/{kind}?from={}&to={}&bucket=day", day(30), day(0))));
    }
    let list = |query: &str| format!("/api/v1/conversations{query}");
    let lists = vec![
        (As::Admin, list("")),
        (As::Admin, list("?status=open")),
        (As::Admin, list("?status=queued")),
        (As::Admin, list("?status=closed")),
        (As::Admin, list("?status=open&assigned_to=none")),
        (As::Admin, list(&format!("?assigned_to={agent}"))),
        (As::Admin, list(&format!("?assigned_to={agent}&status=open"))),
        (As::Admin, list(&format!("?assigned_to={}", ActorId::new()))),
        (As::Admin, list(&format!("?team={team}"))),
        (As::Admin, list(&format!("?team={team}&status=open"))),
        (As::Admin, list("?channel=email")),
        (As::Supervisor, list("")),
        (As::Supervisor, list("?status=open")),
        (As::Agent, list("")),
        (As::Agent, list("?status=open")),
        (As::Agent, list("?assigned_to=me")),
        (As::Agent, list("?status=queued")),
    ];
    let words = [
        "heating", "heating+door", "heating+door+invoice", "leak+tomorrow+again", "bababa", "belbelbel", "dosogri",
        "Dana", "Dana+4711", "Robin+12", "seed-0000", "nothingatall", "technician+zeze", "hea", "tech",
        "kalume+please", "s", "t+d", "s+zeze", "heatin+doo+invoi",
    ];
    let mut searches: Vec<(As, String)> = words.iter().map(|word| (As::Admin, list(&format!("?q={word}")))).collect();
    searches.push((As::Agent, list("?q=heating")));
    searches.push((As::Supervisor, list("?q=leak+door&status=open")));
    vec![("report", reports), ("list", lists), ("search", searches)]
}

/// How long reading took each time, in order of size.
async fn times(port: u16, token: &Arc<str>, path: &str) -> Vec<Duration> {
    let mut connection = Connection::open(port).await.expect("the server accepts");
    let request = read(port, token, path);
    let mut waits = Vec::new();
    for turn in 0..WARM_UP + TIMES {
        let sent = Instant::now();
        let status = connection.exchange(&request).await.expect("the server answers");
        if status == 404 {
            return Vec::new();
        }
        assert_eq!(status, 200, "{path}");
        if turn >= WARM_UP {
            waits.push(sent.elapsed());
        }
    }
    waits.sort_unstable();
    waits
}
