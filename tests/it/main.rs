//! The integration tests: one binary, one file a topic, all over a real socket.
#![expect(clippy::unwrap_used, reason = "a failing test may panic anywhere")]
#![expect(clippy::disallowed_methods, reason = "a test measures real time against a deadline")]

mod harness;

mod command_line;
mod companies;
mod encodings;
mod errors;
mod layering;
mod limits;
mod results;
mod scenarios;
mod servers;
mod settings;
mod signatures;
mod widget;
mod words;
