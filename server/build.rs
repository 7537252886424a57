//! Packs the built pages and the API document for the binary of a release. Has the linker join functions that came out
//! the same, and pack what the loader relocates, where linker and loader can do it.

#[path = "src/packed/gzip.rs"]
mod gzip;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where npm builds the pages. Where it has not run, there are none.
const PAGES: &str = "../console/dist";
/// The API document, which a test holds equal to what the code says.
const DOCUMENT: &str = "../console/openapi.json";
/// The first glibc whose loader reads packed relocations.
const READS_PACKED: (u32, u32) = (2, 36);

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/packed/gzip.rs");
    let release = is("PROFILE", "release");
    if release {
        // Anything else reads the pages from the folder when they are asked for.
        fs::create_dir_all(PAGES).expect("the folder of the pages can be made");
        println!("cargo:rerun-if-changed={PAGES}");
        println!("cargo:rerun-if-changed={DOCUMENT}");
        let out = PathBuf::from(std::env::var("OUT_DIR").expect("cargo names it"));
        pack_pages(&out);
        let document = gzip::gzip(&fs::read(DOCUMENT).expect("the document is committed"));
        fs::write(out.join("openapi.json.gz"), document).expect("the document can be written");
    }
    if release && is("CARGO_CFG_TARGET_ARCH", "x86_64") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        // Functions that came out the same are there once. The linker that comes with Rust for this target can do it; of
        // one that somebody chose instead, nobody knows.
        if !links_otherwise() {
            println!("cargo:rustc-link-arg-bins=-Wl,--icf=all");
        }
        // Four megabytes less, and as many less to read at the start.
        if glibc().is_some_and(|version| version >= READS_PACKED) {
            println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
        }
    }
}

/// Writes all pages behind one another as gzip, and a table of their names and places. What two apps share is there once.
fn pack_pages(out: &Path) {
    let mut files = BTreeMap::new();
    gather(Path::new(PAGES), "", &mut files);
    let mut packed = Vec::new();
    let mut places = HashMap::new();
    let mut table = Vec::new();
    for (name, bytes) in files {
        let (begin, end) = *places.entry(bytes).or_insert_with_key(|bytes| {
            let begin = packed.len();
            packed.extend(gzip::gzip(bytes));
            (begin, packed.len())
        });
        table.push((name, begin, end));
    }
    fs::write(out.join("pages.bin"), packed).expect("the pages can be written");
    fs::write(out.join("pages.rs"), format!("&{table:?}")).expect("the table of pages can be written");
}

/// All files under a folder by their names; hidden ones are the Makefile's.
fn gather(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("the build names files in ASCII");
        if path.is_dir() {
            gather(&path, &format!("{prefix}{name}/"), files);
        } else if !name.starts_with('.') {
            files.insert(format!("{prefix}{name}"), fs::read(&path).expect("the file can be read"));
        }
    }
}

/// Whether the flags or the settings of whoever builds name a linker.
fn links_otherwise() -> bool {
    let flags = std::env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let chosen = std::env::var("RUSTC_LINKER").is_ok_and(|linker| linker != "cc");
    chosen || flags.contains("linker") || flags.contains("fuse-ld") || flags.contains("link-self-contained")
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
