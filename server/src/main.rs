//! The binary `patchbay`.

use std::process::ExitCode;

use clap::Parser as _;
use patchbay_server::cli::Cli;
use patchbay_server::commands;

/// Batches of messages are many small pieces that live for a moment: this allocator serves them in less time and gives
/// memory back sooner than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // The one TLS provider of the process; installing it twice is no failure.
    let _installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(commands::run(cli)),
        Err(error) => {
            eprintln!("patchbay: the runtime cannot be started: {error}");
            ExitCode::FAILURE
        }
    }
}
