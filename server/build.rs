//! Makes sure that the folder of the built pages exists, so that the server compiles where npm has not run.

fn main() {
    println!("cargo:rerun-if-changed=../console/dist");
    let _exists_already = std::fs::create_dir_all("../console/dist");
}
