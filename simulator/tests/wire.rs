//! The simulator seen from outside: what it refuses, what it sends, how it misbehaves. The receiver plays our server.

#[path = "wire/bench.rs"]
mod bench;
#[path = "wire/faults.rs"]
mod faults;
#[path = "wire/graph.rs"]
mod graph;
#[path = "wire/page.rs"]
mod page;
#[path = "wire/twilio.rs"]
mod twilio;
