//! Makes sure that the folder of the built pages exists, so that the server compiles where npm has not run, and has the
//! linker pack what the loader relocates, where the loader can read that.

use std::process::Command;

/// The first glibc whose loader reads packed relocations.
const READS_PACKED: (u32, u32) = (2, 36);

fn main() {
    println!("cargo:rerun-if-changed=../console/dist");
    println!("cargo:rerun-if-changed=build.rs");
    let _exists_already = std::fs::create_dir_all("../console/dist");
    if is("CARGO_CFG_TARGET_ARCH", "x86_64") && is("CARGO_CFG_TARGET_ENV", "gnu") && is("PROFILE", "release") {
        // Four megabytes less, and as many less to read at the start.
        if glibc().is_some_and(|version| version >= READS_PACKED) {
            println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
        }
    }
}

fn is(variable: &str, value: &str) -> bool {
    std::env::var(variable).is_ok_and(|found| found == value)
}

/// That of the machine that builds: `glibc 2.36`. A binary for machines with an older one is built where that is.
fn glibc() -> Option<(u32, u32)> {
    let told = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(told.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
