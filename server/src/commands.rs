//! What each command does. Exit codes: 0 done, 1 failed, 2 wrong usage or wrong settings.

mod audit;
mod dlq;
mod doctor;
pub(crate) mod journal;
mod openapi;
mod redact;
mod replay;
mod seed;
mod serve;
mod simulate;
mod token;

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::settings::{Settings, SettingsError};

/// Why a command did not do it.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Wrong usage or wrong settings: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// It failed: exit code 1.
    #[error("{0}")]
    Failed(String),
}

impl From<SettingsError> for CommandError {
    fn from(error: SettingsError) -> Self {
        Self::Usage(error.to_string())
    }
}

/// Runs the command and tells how it went.
pub async fn run(cli: Cli) -> ExitCode {
    match Box::pin(dispatch(cli)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("patchbay: {error}");
            match error {
                CommandError::Usage(_) => ExitCode::from(2),
                CommandError::Failed(_) => ExitCode::FAILURE,
            }
        }
    }
}

async fn dispatch(cli: Cli) -> Result<(), CommandError> {
    let settings = || Settings::load(cli.config.as_deref());
    match cli.command {
        Command::Serve(arguments) => serve::run(settings()?, &arguments).await,
        Command::Migrate => serve::migrate(&settings()?).await,
        Command::Token(arguments) => token::run(&settings()?, arguments),
        Command::Replay { files } => replay::run(&files).await,
        Command::Redact { files } => redact::run(&settings()?, &files),
        Command::Openapi => {
            openapi::run();
            Ok(())
        }
        Command::Dlq { action } => dlq::run(&settings()?, action).await,
        Command::Journal { action } => journal::run(&settings()?, action).await,
        Command::Audit { action } => audit::run(&settings()?, action).await,
        Command::Seed(arguments) => seed::run(&settings()?, arguments).await,
        Command::Doctor => doctor::run(&settings()?).await,
        Command::Simulate { what } => simulate::run(&settings()?, what).await,
    }
}

/// Writes a line to standard output. A reader that went away is no failure of ours.
fn print(line: &str) {
    use std::io::Write as _;
    let _gone = writeln!(std::io::stdout(), "{line}");
}
