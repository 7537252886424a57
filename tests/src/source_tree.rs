//! The files of the repository, as the tests about the tree see them.

use std::path::{Path, PathBuf};

const LEFT_OUT: &[&str] = &[".git", "target", "node_modules", "dist", "data", "corpus", "artifacts", "vectors"];

/// A text file of the repository.
#[derive(Debug)]
pub struct SourceFile {
    /// Its path from the root, with `/` between the parts.
    pub path: String,
    /// What stands in it.
    pub text: String,
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests' folder lies in the root").to_path_buf()
}

/// Every text file with one of `extensions` under `folder` ("" for all), in the order of their paths. Built, fetched and
/// recorded files are left out.
pub fn files(folder: &str, extensions: &[&str]) -> Vec<SourceFile> {
    let root = root();
    let mut paths = Vec::new();
    collect(&root.join(folder), &mut paths);
    paths.sort();
    paths
        .into_iter()
        .filter(|path| {
            path.extension().and_then(|found| found.to_str()).is_some_and(|found| extensions.contains(&found))
        })
        .map(|path| SourceFile {
            text: std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
            path: relative(&root, &path),
        })
        .collect()
}

/// Every path of the repository, from its root.
pub fn paths() -> Vec<String> {
    let root = root();
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    paths.sort();
    paths.iter().map(|path| relative(&root, path)).collect()
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).expect("the path was found under the root").to_string_lossy().replace('\\', "/")
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && !LEFT_OUT.contains(&entry.file_name().to_string_lossy().as_ref()) {
            collect(&path, paths);
        } else if kind.is_file() {
            paths.push(path);
        }
    }
}
