//! Which parts of the server run in this process.

use crate::cli::RoleArg;

/// Which parts run here. All of them share the database and, over several processes, Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "one for each part, named as the command line names them")]
pub struct Roles {
    /// Webhooks.
    pub ingress: bool,
    /// API and pages.
    pub api: bool,
    /// Sockets.
    pub realtime: bool,
    /// Jobs.
    pub workers: bool,
}

impl Roles {
    /// Every part.
    pub const ALL: Self = Self { ingress: true, api: true, realtime: true, workers: true };

    /// The named parts.
    pub fn of(named: &[RoleArg]) -> Self {
        let runs = |role| named.contains(&role) || named.contains(&RoleArg::All);
        Self {
            ingress: runs(RoleArg::Ingress),
            api: runs(RoleArg::Api),
            realtime: runs(RoleArg::Realtime),
            workers: runs(RoleArg::Workers),
        }
    }
}
