//! The integration tests, in one binary: about the tree, and about the running system.

mod tree;
