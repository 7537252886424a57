//! How the gateway behaves.

use serde::Deserialize;

/// How the gateway behaves.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayConfig {
    /// Most calls of one conversation in any rolling hour. 0: not limited, and no tool is.
    pub calls_per_hour: usize,
    /// Further calls in that hour for drafts whose proofs are all there.
    pub commit_reserve: usize,
    /// Calls of one assistant an hour, over all its conversations. 0: not limited.
    pub actor_calls_per_hour: usize,
    /// Calls of all assistants for the customers of one account an hour. 0: not limited.
    pub tenant_calls_per_hour: usize,
    /// Calls of a conversation in five minutes beyond which its assistant is paused and a supervisor told. 0: never.
    pub flurry_calls: usize,
    /// Refusals of one assistant in ten minutes beyond which it is paused and a supervisor told. 0: never.
    pub denials_per_ten_minutes: usize,
    /// How long a draft waits for its proofs, in minutes.
    pub draft_minutes: i64,
    /// How long a draft waits for a person of ours, in minutes.
    pub approval_minutes: i64,
    /// Host names under which `/mcp` is reached, beside that of the public URL and loopback.
    pub mcp_hosts: Vec<String>,
    /// File with the policy of tools (TOML); empty: the shipped one. It is checked when the server starts.
    pub policy_file: std::path::PathBuf,
    /// Origins whose pages may call `/mcp`, beside the public URL.
    pub mcp_origins: Vec<String>,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            calls_per_hour: 10,
            commit_reserve: 2,
            actor_calls_per_hour: 600,
            tenant_calls_per_hour: 3_000,
            flurry_calls: 10,
            denials_per_ten_minutes: 30,
            draft_minutes: 30,
            approval_minutes: 24 * 60,
            policy_file: std::path::PathBuf::new(),
            mcp_hosts: Vec::new(),
            mcp_origins: Vec::new(),
        }
    }
}
