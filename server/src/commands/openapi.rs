//! `patchbay openapi`.

use super::print;

/// Prints the OpenAPI document.
pub(super) fn run() {
    print(crate::document::text().trim_end());
}
