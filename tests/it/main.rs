//! The integration tests: one binary, one file a topic, all over a real socket.
#![expect(clippy::unwrap_used, reason = "a failing test may panic anywhere")]
#![expect(clippy::disallowed_methods, reason = "a test measures real time against a deadline")]

mod harness;

mod cast;
mod checking;
mod choosing;
mod clients;
mod command_line;
mod companies;
mod control;
mod control_api;
mod coverage;
mod devices;
mod documented;
mod encodings;
mod endings;
mod errors;
mod expecting;
mod faces;
mod fault_examples;
mod faults;
mod flow;
mod guests;
mod hints;
mod home;
mod hostile_files;
mod layering;
mod limits;
mod long_work;
mod media;
mod memory;
mod nesting;
mod origins;
mod own_scenarios;
mod phrases;
mod races;
mod renamed;
mod results;
mod scenario_commands;
mod scenarios;
mod schemathesis;
mod screening;
mod servers;
mod settings;
mod signatures;
mod slow_clients;
mod strict;
mod test_ids;
mod thorough;
mod timelines;
mod tls;
mod walks;
mod watching;
mod widget;
mod words;
