//! The commands. Source: contract, commands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use uuid::Uuid;

/// Multi-channel gateway and conversation hub.
#[derive(Debug, Parser)]
#[command(name = "patchbay", version, about, after_help = EXAMPLES, propagate_version = true)]
pub struct Cli {
    /// Settings file; without it patchbay.toml in the working directory, if there is one.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "Examples:
  patchbay serve --demo                     everything on this machine, with simulated phones
  patchbay serve --config /etc/patchbay.toml --roles ingress,api
  patchbay token --role dispatcher --account '*' --site '*' --ttl 8h
  patchbay replay tests/vectors/whatsapp/*.json
  patchbay dlq list
  patchbay journal replay --from 2026-01-05 --to 2026-01-06
  patchbay audit verify
  patchbay seed --messages 100000";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the server.
    Serve(ServeArgs),
    /// Brings the database to the current schema.
    Migrate,
    /// Prints a token signed with the configured secret.
    #[command(after_help = "Example:\n  patchbay token --role support_agent --team support --sub \
                            0198c0de-0000-7000-8000-000000000001")]
    Token(TokenArgs),
    /// Runs recorded provider requests through the real adapters without storing anything.
    #[command(
        after_help = "Prints one JSON line for each request.\n\nExample:\n  patchbay replay tests/vectors/twilio/*.json"
    )]
    Replay {
        /// Vector files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Finds personal data and secrets in texts and prints them with placeholders.
    #[command(
        after_help = "Each line of a file is {\"id\",\"text\",\"context\":{\"contacts\":[…]}}; each line printed is \
                            {\"id\",\"spans\":[{\"start\",\"end\",\"type\"}],\"redacted\"} with offsets in code points."
    )]
    Redact {
        /// Files of JSON lines.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Prints the OpenAPI document.
    Openapi,
    /// Replays accepted requests of providers from the journal.
    Journal {
        /// What to do with it.
        #[command(subcommand)]
        action: JournalAction,
    },
    /// Shows, replays and discards dead letters.
    Dlq {
        /// What to do with them.
        #[command(subcommand)]
        action: DlqAction,
    },
    /// Checks the audit log.
    Audit {
        /// How.
        #[command(subcommand)]
        action: AuditAction,
    },
    /// Fills the database with conversations that never were, for measuring. Refused in production.
    #[command(after_help = "Progress on standard error, the summary on standard output.\n\nExample:\n  \
                            patchbay seed --messages 10000000 --days 365")]
    Seed(SeedArgs),
    /// Checks the settings, the stores and the inboxes; one line for each problem.
    Doctor,
    /// Runs fakes of the providers.
    Simulate {
        /// Which.
        #[command(subcommand)]
        what: Simulated,
    },
}

/// How the server runs.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Which parts run here: all, or some of ingress, api, realtime, workers.
    #[arg(long, value_delimiter = ',', default_value = "all")]
    pub roles: Vec<RoleArg>,
    /// Seeded accounts, teams, users and simulated phones at /sim/.
    #[arg(long)]
    pub demo: bool,
}

/// What to fill the database with.
#[derive(Clone, Copy, Debug, Args)]
pub struct SeedArgs {
    /// How many messages.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub messages: u64,
    /// Over how many days up to now they are spread.
    #[arg(long, value_name = "N", default_value_t = 90)]
    pub days: u32,
    /// Where chance begins: the same number writes the same conversations.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub chance: u64,
    /// Fill the database of a production system, too.
    #[arg(long)]
    pub in_production: bool,
}

/// A part of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum RoleArg {
    /// Every part.
    All,
    /// Webhooks.
    Ingress,
    /// API and pages.
    Api,
    /// Sockets.
    Realtime,
    /// Jobs.
    Workers,
}

/// What a token says.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// Role: admin, supervisor, team_lead, support_agent, dispatcher, technician, vendor, qa, approver, finance,
    /// customer, ai, system, auditor.
    #[arg(long)]
    pub role: String,
    /// Who; made up when absent.
    #[arg(long)]
    pub sub: Option<Uuid>,
    /// Name to show.
    #[arg(long)]
    pub name: Option<String>,
    /// Account id or *; may be repeated.
    #[arg(long = "account")]
    pub accounts: Vec<String>,
    /// Site id or *; may be repeated.
    #[arg(long = "site")]
    pub sites: Vec<String>,
    /// Team, by slug or id; may be repeated.
    #[arg(long = "team")]
    pub teams: Vec<String>,
    /// Portal: admin, technician, customer or service.
    #[arg(long)]
    pub aud: Option<String>,
    /// HUMAN, AGENT, SERVICE or SYSTEM; follows from the role when absent.
    #[arg(long)]
    pub actor_type: Option<String>,
    /// Conversation an assistant's token is bound to.
    #[arg(long)]
    pub conversation: Option<Uuid>,
    /// How long it lives: 90s, 15m, 8h, 30d.
    #[arg(long, default_value = "1h", value_parser = lifetime)]
    pub ttl: chrono::TimeDelta,
}

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub enum DlqAction {
    /// Lists them, newest first.
    #[command(
        after_help = "Examples:\n  patchbay dlq list\n  patchbay dlq list --status discarded --kind send_message"
    )]
    List {
        /// Those that are open, replayed or discarded.
        #[arg(long, value_enum, default_value = "open")]
        status: LetterStatus,
        /// Which.
        #[command(flatten)]
        letters: LetterArgs,
    },
    /// Shows one.
    #[command(after_help = "Example:\n  patchbay dlq show 0198c0de-0000-7000-8000-000000000001")]
    Show {
        /// Its id.
        id: Uuid,
    },
    /// Does their work anew; a second replay changes nothing.
    #[command(after_help = "Examples:\n  patchbay dlq replay 0198c0de-0000-7000-8000-000000000001\n  \
                            patchbay dlq replay --all --kind send_message --per-second 5")]
    Replay {
        /// Their ids.
        #[arg(conflicts_with = "all")]
        ids: Vec<Uuid>,
        /// All open ones, oldest first.
        #[arg(long)]
        all: bool,
        /// Which.
        #[command(flatten)]
        letters: LetterArgs,
        /// How many in a second, with --all.
        #[arg(long, default_value_t = 10)]
        per_second: u32,
    },
    /// Gives them up.
    #[command(
        after_help = "Examples:\n  patchbay dlq discard 0198c0de-0000-7000-8000-000000000001 --reason 'sent by hand'\n  \
                            patchbay dlq discard --all --kind fetch_media --reason 'the links have expired'"
    )]
    Discard {
        /// Their ids.
        #[arg(conflicts_with = "all")]
        ids: Vec<Uuid>,
        /// All open ones.
        #[arg(long)]
        all: bool,
        /// Which.
        #[command(flatten)]
        letters: LetterArgs,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
    },
}

/// Which dead letters.
#[derive(Debug, Args)]
pub struct LetterArgs {
    /// Where they come from: message, job or outbox.
    #[arg(long)]
    pub source: Option<String>,
    /// What kind of work it was: send_message, fetch_media…
    #[arg(long)]
    pub kind: Option<String>,
}

/// Where dead letters stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LetterStatus {
    /// Waiting for somebody.
    Open,
    /// Done anew.
    Replayed,
    /// Given up.
    Discarded,
}

impl LetterStatus {
    /// The word as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Replayed => "replayed",
            Self::Discarded => "discarded",
        }
    }
}

/// What to do with the journal.
#[derive(Debug, Subcommand)]
pub enum JournalAction {
    /// Sends the requests of a time through the adapters again. What is here already is found and stays one: replay as
    /// often as you like.
    #[command(after_help = "Progress on standard error, the summary on standard output.\n\nExamples:\n  \
                            patchbay journal replay --from 2026-01-05 --to 2026-01-06\n  \
                            patchbay journal replay --from 2026-01-05T12:00:00Z --to 2026-01-05T13:00:00Z --inbox sms-main")]
    Replay {
        /// Those that came at this time or later: RFC 3339, or a day.
        #[arg(long, value_name = "T", value_parser = crate::commands::journal::time)]
        from: chrono::DateTime<chrono::Utc>,
        /// And before this one.
        #[arg(long, value_name = "T", value_parser = crate::commands::journal::time)]
        to: chrono::DateTime<chrono::Utc>,
        /// Only those for the inbox of this name.
        #[arg(long, value_name = "NAME")]
        inbox: Option<String>,
    },
}

/// How to check the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditAction {
    /// Follows the chain of every account by its hashes and tells the first entry that was changed, removed, put in or
    /// moved; and looks whether the chains hold what was signed of them. Exit code 1 when something is wrong.
    #[command(after_help = "One line for each chain on standard output, progress on standard error.\n\nExamples:\n  \
                            patchbay audit verify\n  \
                            patchbay audit verify --account 0198c0de-0000-7000-8000-000000000001\n  \
                            patchbay audit verify --account none")]
    Verify {
        /// Only the chain of this account; `none` for entries of no account. What was signed is looked at for all.
        #[arg(long, value_name = "ID", value_parser = chain)]
        account: Option<Chain>,
    },
    /// Signs where the chains end now and puts that into the object store, as the workers do every six hours.
    #[command(
        after_help = "Copy the files of audit-heads/ to where whoever runs the database cannot write.\n\nExample:\n  \
                            patchbay audit sign"
    )]
    Sign,
}

/// A chain of the audit log.
#[derive(Clone, Copy, Debug)]
pub enum Chain {
    /// Of an account.
    Account(Uuid),
    /// Of no account.
    None,
}

fn chain(text: &str) -> Result<Chain, String> {
    match text {
        "none" => Ok(Chain::None),
        id => Uuid::parse_str(id).map(Chain::Account).map_err(|_| "give the id of an account, or none".to_owned()),
    }
}

/// Which fakes.
#[derive(Debug, Subcommand)]
pub enum Simulated {
    /// Meta Graph API and Twilio REST API, wired to the inboxes of the settings.
    Providers {
        /// Address to listen on.
        #[arg(long, default_value = "127.0.0.1:8090")]
        listen: std::net::SocketAddr,
    },
}

fn lifetime(text: &str) -> Result<chrono::TimeDelta, String> {
    let (number, unit) = text.split_at(text.len().saturating_sub(1));
    let number: i64 = number.parse().map_err(|_| "give a number and a unit, such as 15m or 8h".to_owned())?;
    let span = match unit {
        "s" => chrono::TimeDelta::try_seconds(number),
        "m" => chrono::TimeDelta::try_minutes(number),
        "h" => chrono::TimeDelta::try_hours(number),
        "d" => chrono::TimeDelta::try_days(number),
        _ => None,
    };
    span.filter(|span| *span > chrono::TimeDelta::zero() && *span <= chrono::TimeDelta::days(3_660))
        .ok_or_else(|| "give a number and a unit, such as 15m or 8h".to_owned())
}
