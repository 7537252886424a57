//! The enforcement API from end to end: the real binary, HTTP, both engines.

mod desk;
mod holds;
mod scenarios;
