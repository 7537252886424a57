//! `make bench`: how fast the front door and the sockets are, as a table and as JSON under `target/bench/`.
//!
//! Usage: `bench [start|ingress|memory|latency|fanout|triage|cockpit|mail|gateway|routing|timers|reports|webhooks]…`; without a
//! name, all but `memory`, which stores a million messages. `BENCH_ENGINE=sqlite|postgres` lets `triage`, `routing` and `reports` look
//! at one engine.
//! The server is the real binary beside this one, built with the same profile. `bench floor PORT DATABASE_URL` is the
//! bare program that `ingress` compares with; it is started by `ingress` as a process of its own. `bench measured` shows what
//! the micro-benchmarks measured last.

mod cockpit;
mod desk;
mod fanout;
mod figures;
mod floor;
mod gateway;
mod hooks;
mod ingress;
mod latency;
mod load;
mod mail;
mod measured;
mod post;
mod report;
mod routing;
mod start;
mod subscriber;
mod target;
mod timers;
mod triage;

use std::process::ExitCode;

use report::Report;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, port, database_url] = arguments.as_slice()
        && word == "floor"
    {
        let port = port.parse().expect("the port is a number");
        floor::serve(port, database_url).await;
        return ExitCode::SUCCESS;
    }
    if arguments == ["measured"] {
        for (group, report) in measured::reports() {
            report.publish(&group);
        }
        return ExitCode::SUCCESS;
    }
    let chosen: Vec<&str> = match arguments.as_slice() {
        [] => vec![
            "start", "ingress", "latency", "fanout", "triage", "cockpit", "mail", "gateway", "routing", "timers",
            "reports", "webhooks",
        ],
        some => some.iter().map(String::as_str).collect(),
    };
    for name in chosen {
        let report: Report = match name {
            "start" => start::run().await,
            "ingress" => ingress::run().await,
            "memory" => ingress::memory().await,
            "fanout" => fanout::run().await,
            "latency" => latency::run().await,
            "triage" => triage::run().await,
            "cockpit" => cockpit::run().await,
            "mail" => mail::run().await,
            "gateway" => gateway::run().await,
            "routing" => routing::run().await,
            "timers" => timers::run().await,
            "reports" => figures::run().await,
            "webhooks" => hooks::run().await,
            _ => {
                eprintln!("no such benchmark: {name}");
                return ExitCode::from(2);
            }
        };
        report.publish(name);
    }
    ExitCode::SUCCESS
}
